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
            await _calls.TellAsync(() => Thread.Sleep(2), Ct);

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
    public async Task Who_stops_waiting_for_a_turn_goes_at_once_and_what_was_told_is_done_all_the_same()
    {
        using var redis = new ManualResetEventSlim();
        using var patience = new CancellationTokenSource();
        var hanging = Hang(_calls, redis);
        var (asked, told) = (false, new TaskCompletionSource());

        Task[] waiting = [_calls.AskAsync(() => asked = true, patience.Token), _calls.TellAsync(told.SetResult, patience.Token)];
        await patience.CancelAsync();
        foreach (var wait in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        redis.Set();

        await told.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        await Task.WhenAll(hanging);
        Assert.False(asked);
    }

    [Fact]
    public async Task At_the_end_what_has_begun_is_answered_and_the_rest_fails_at_once()
    {
        using var redis = new ManualResetEventSlim();
        var calls = new JobCalls();
        var hanging = Hang(calls, redis);
        var made = 0;
        var waiting = Enumerable.Range(0, 20).Select(n => n % 2 == 0 ? calls.AskAsync(() => made++, Ct) : calls.TellAsync(() => made++, Ct)).ToArray();

        var end = new Thread(calls.Dispose);
        end.Start();
        foreach (var wait in waiting)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        Assert.False(redis.IsSet);
        redis.Set();
        end.Join();

        await Task.WhenAll(hanging);
        Assert.Equal(0, made);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => calls.AskAsync(() => made++, Ct));
    }

    [Fact]
    public void Its_end_doesnt_wait_for_a_call_that_never_ends()
    {
        using var never = new ManualResetEventSlim();
        var calls = new JobCalls();
        _ = Hang(calls, never);

        var end = new Thread(calls.Dispose);
        end.Start();

        Assert.True(end.Join(TimeSpan.FromSeconds(30)), "It waits for Redis.");
        never.Set();
    }

    /// <summary>Has every thread wait for Redis.</summary>
    private static Task[] Hang(JobCalls calls, ManualResetEventSlim redis)
    {
        var begun = new CountdownEvent(4); // not disposed of: the last signal may still be on its way out
        Task[] hanging = [.. Enumerable.Range(0, 4).Select(_ => calls.TellAsync(
            () =>
            {
                begun.Signal();
                redis.Wait();
            },
            Ct))];
        Assert.True(begun.Wait(TimeSpan.FromSeconds(10), Ct));
        return hanging;
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
