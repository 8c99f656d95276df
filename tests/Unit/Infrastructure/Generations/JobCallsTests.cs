using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Unit.Infrastructure.Nodes;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Infrastructure.Generations;

/// <summary>Hangfire's client blocks, so that no thread of the pool may ever be the one that asks it.</summary>
public sealed class JobCallsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = StagedNode.Clock();
    private readonly ThreadNotes _storage = new();
    private readonly JobCalls _calls = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _calls.Dispose();

    [Fact]
    public async Task Queues_ask_hangfire_on_no_thread_of_the_pool()
    {
        var left = new LeftTasks(new FakeNodeRegistry(), new TriedNodes(_storage), StagedNode.Named("me"), _clock);
        var tasks = new HangfireGenerationQueue(_storage, _calls, left, Options.Create(new QueueOptions()));
        var exports = new HangfireExportQueue(_storage, _calls);
        var task = new Generation(
            GenerationId.New(_clock.GetUtcNow()), UserId.New(_clock.GetUtcNow()), Tier.Free, "calm piano", 10, 1, "m", "x", true, new GenerationParameters(), "c", _clock.GetUtcNow());

        Func<Task>[] questions =
        [
            () => tasks.CountAsync(Tier.Free, "m", Ct), () => tasks.EnqueueAsync(task, Ct), () => tasks.RemoveAsync(task.Id, Ct),
            () => exports.EnqueueAsync(Guid.NewGuid(), Ct), () => exports.CountAsync(Ct),
        ];
        foreach (var question in questions)
            await Assert.ThrowsAnyAsync<Exception>(question); // what the storage throws reaches who asked

        Assert.Equal(questions.Length, _storage.Asked.Count);
        Assert.All(_storage.Asked, thread => Assert.StartsWith("job calls ", thread, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_crowd_takes_turns_and_everybody_gets_their_own_answer()
    {
        var (inside, most) = (0, 0);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => _calls.AskAsync(
            () =>
            {
                var now = Interlocked.Increment(ref inside);
                for (var seen = most; now > seen; seen = most)
                    Interlocked.CompareExchange(ref most, now, seen);
                Thread.Sleep(1);
                Interlocked.Decrement(ref inside);
                return n;
            },
            Ct)));

        Assert.Equal(Enumerable.Range(0, 100), answers);
        Assert.InRange(most, 1, 4);
    }

    [Fact]
    public async Task Who_waited_goes_on_on_another_thread()
    {
        for (var i = 0; i < 20; i++)
        {
            await _calls.AskAsync(() => Thread.Sleep(2), Ct);

            Assert.DoesNotContain("job calls", Thread.CurrentThread.Name ?? string.Empty, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_that_was_given_up_before_its_turn_is_not_made()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var made = false;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _calls.AskAsync(() => made = true, cancelled.Token));

        Assert.False(made);
    }

    [Fact]
    public async Task What_was_asked_for_is_answered_before_the_end()
    {
        var calls = new JobCalls();
        var answers = Enumerable.Range(0, 20).Select(n => calls.AskAsync(() => n, Ct)).ToArray();

        calls.Dispose();

        Assert.All(answers, a => Assert.True(a.IsCompletedSuccessfully));
        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(answers));
    }

    // A storage that only says who asked.
    private sealed class ThreadNotes : JobStorage
    {
        public List<string> Asked { get; } = [];

        public override IMonitoringApi GetMonitoringApi() => throw Note();

        public override IStorageConnection GetConnection() => throw Note();

        private InvalidOperationException Note()
        {
            Asked.Add(Thread.CurrentThread.Name ?? "nameless");
            return new InvalidOperationException("There is no storage.");
        }
    }
}
