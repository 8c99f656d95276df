using MusicGen.Application.Generations.CancelGeneration;
using MusicGen.Application.Generations.DeleteGeneration;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Generations;

public sealed class GenerateMusicTests : IDisposable
{
    // A new one each time: a copy would be the same request, and so the same charge.
    private static GenerateMusicCommand Piano => new() { Prompt = "calm piano" };

    private readonly GenerationWorld _world = new();

    [Fact]
    public async Task An_accepted_task_waits_in_its_queue_and_is_charged()
    {
        var first = await _world.AcceptAsync();
        var second = await _world.AcceptAsync(Piano with { Duration = 2.5, Seed = long.MaxValue });

        Assert.Equal(("pending", 1, 2), (first.Status, first.PositionInQueue, second.PositionInQueue));
        Assert.InRange(first.Seed, 0, (1L << 53) - 1);
        Assert.Equal(long.MaxValue, second.Seed);
        Assert.Equal((2, 12.5), (_world.Ledger.Count, _world.Ledger.Seconds));
        Assert.Equal([first.TaskId, second.TaskId], _world.Ports.Enqueued.Select(id => id.ToString()));
        Assert.Equal($"generation:{second.TaskId}", _world.Entries[^1].Subject);
    }

    [Theory, InlineData(null), InlineData("mine")]
    public async Task A_task_whose_commit_was_not_answered_is_accepted_once(string? key)
    {
        _world.Answers.LoseNext();

        var accepted = await _world.AcceptAsync(Piano with { IdempotencyKey = key });

        Assert.Equal(1, _world.Answers.Count);
        Assert.Equal(accepted.TaskId, Assert.Single(await _world.TasksAsync()).Id.ToString());
        Assert.Equal(accepted.TaskId, Assert.Single(_world.Ports.Enqueued).ToString());
        Assert.Equal(1, _world.Ledger.Count);
    }

    public static TheoryData<GenerateMusicCommand, string> BadRequests() => new()
    {
        { new(), "prompt" },
        { new() { Prompt = " \n" }, "prompt" },
        { new() { Prompt = new string('x', 1001) }, "prompt" },
        { Piano with { Duration = 0.999 }, "duration" },
        { Piano with { Duration = 60.001 }, "duration" },
        { Piano with { Duration = 1.0005 }, "duration" },
        { Piano with { Duration = double.NaN }, "duration" },
        { Piano with { Duration = double.PositiveInfinity }, "duration" },
        { Piano with { Seed = -1 }, "seed" },
        { Piano with { Temperature = 2.01 }, "temperature" },
        { Piano with { TopK = 2049 }, "top_k" },
        { Piano with { TopP = -0.1 }, "top_p" },
        { Piano with { GuidanceScale = 0.9 }, "guidance_scale" },
        { Piano with { Tempo = 39 }, "tempo" },
        { Piano with { Genre = "polka" }, "genre" },
        { Piano with { Mood = "hungry" }, "mood" },
        { Piano with { Key = "H flat" }, "key" },
        { Piano with { Instruments = ["piano", "saw"] }, "instruments[1]" },
        { Piano with { Instruments = [] }, "instruments" },
        { Piano with { SampleRate = 48000 }, "sample_rate" },
        { Piano with { Normalize = "LOUD" }, "normalize" },
        { Piano with { ContinueFrom = "x" }, "continue_from" },
        { Piano with { NegativePrompt = "" }, "negative_prompt" },
        { Piano with { IdempotencyKey = "tab\t" }, "idempotency_key" },
        { Piano with { IdempotencyKey = new string('k', 256) }, "idempotency_key" },
    };

    [Theory, MemberData(nameof(BadRequests))]
    public async Task A_field_out_of_bounds_is_named_and_costs_nothing(GenerateMusicCommand command, string field)
    {
        var result = await _world.SendAsync(command);

        Assert.Equal("request.invalid", result.Error.Code);
        Assert.Equal([field], result.Error.Fields!.Keys);
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task A_thousand_emoji_are_a_thousand_characters()
    {
        var emoji = string.Concat(Enumerable.Repeat("😀", 1000));

        var view = await _world.AcceptAsync(new GenerateMusicCommand { Prompt = emoji });

        Assert.Equal(emoji, view.Prompt);
        Assert.Equal("request.invalid", (await _world.SendAsync(new GenerateMusicCommand { Prompt = emoji + "x" })).Error.Code);
    }

    [Theory]
    [InlineData(Tier.Free, 60), InlineData(Tier.Premium, 120), InlineData(Tier.Enterprise, 300)]
    public async Task The_longest_clip_depends_on_the_tier(Tier tier, double longest)
    {
        _world.Tier = tier;

        await _world.AcceptAsync(Piano with { Duration = longest });

        Assert.Equal(["duration"], (await _world.SendAsync(Piano with { Duration = longest + 0.001 })).Error.Fields!.Keys);
    }

    [Fact]
    public async Task What_the_model_cant_honour_is_refused_by_name_and_given_back()
    {
        var result = await _world.SendAsync(Piano with { Temperature = 1, MelodyFrom = Guid.Empty.ToString(), Genre = "jazz" });

        Assert.Equal("generation.unsupported_field", result.Error.Code);
        Assert.Equal(["temperature", "melody_from"], result.Error.Fields!.Keys);
        Assert.Contains("temperature", result.Error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task A_rate_or_a_length_that_the_model_lacks_is_unsupported()
    {
        _world.Ports.Models = [_world.Ports.Models[0] with { SampleRates = [32000], MaxSeconds = 30 }];

        var rate = await _world.SendAsync(Piano with { SampleRate = 44100 });
        var length = await _world.SendAsync(Piano with { Duration = 31 });

        Assert.Equal(["sample_rate"], rate.Error.Fields!.Keys);
        Assert.Equal(["duration"], length.Error.Fields!.Keys);
    }

    [Fact]
    public async Task An_unknown_model_isnt_found_and_a_full_queue_says_when_to_return()
    {
        var unknown = await _world.SendAsync(Piano with { Model = "facebook/none" });
        _world.Ports.MaxWaiting = 0;
        var full = await _world.SendAsync(Piano);

        Assert.Equal("model.not_found", unknown.Error.Code);
        Assert.Equal("generation.queue_full", full.Error.Code);
        Assert.NotNull(full.Error.RetryAfter);
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task Only_tasks_that_wait_fill_a_queue_and_a_cancelled_one_takes_its_start_along()
    {
        _world.Ports.MaxWaiting = 2;
        for (var i = 0; i < 5; i++)
        {
            var cancelled = await _world.AcceptAsync(Piano);
            await _world.SendAsync(new CancelGenerationCommand(cancelled.TaskId));
            Assert.Equal(cancelled.TaskId, _world.Ports.Removed[^1].ToString());
        }

        await _world.AcceptAsync(Piano);
        await _world.AcceptAsync(Piano);
        Assert.Equal("generation.queue_full", (await _world.SendAsync(Piano)).Error.Code);
        _world.Tier = Tier.Premium;
        await _world.AcceptAsync(Piano); // whose queue is another
    }

    [Fact]
    public async Task While_the_queue_hangs_nobody_waits_beyond_their_time_and_nothing_is_lost()
    {
        _world.Ports.QueueHangs = true;

        await _world.AbandonAsync(Piano);
        var task = Assert.Single(await _world.TasksAsync());
        Assert.Equal([task.Id], _world.Ports.Enqueued);
        Assert.Equal(1, _world.Ledger.Count); // the row is there, so that it is owed

        await _world.AbandonAsync(new CancelGenerationCommand(task.Id.ToString()));
        Assert.Equal([task.Id], _world.Ports.Removed);
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task The_same_key_and_body_are_the_same_task_for_one_charge()
    {
        var named = Piano with { IdempotencyKey = "k1", Duration = 5 };

        var answers = new[] { await _world.AcceptAsync(named), await _world.AcceptAsync(Piano with { IdempotencyKey = "k1", Duration = 5 }) };

        Assert.Single(answers.Select(a => a.TaskId).Distinct());
        Assert.Equal((1, 5), (_world.Ledger.Count, _world.Ledger.Seconds));
        Assert.Single(_world.Ports.Enqueued);
    }

    [Fact]
    public async Task A_name_that_is_known_is_answered_also_where_the_quota_is_full()
    {
        var first = await _world.AcceptAsync(Piano with { IdempotencyKey = "k1" });
        _world.Ledger.Room = 1;

        Assert.Equal("idempotency.mismatch", (await _world.SendAsync(Piano with { IdempotencyKey = "k1", Seed = 1 })).Error.Code);
        Assert.Equal(first.TaskId, (await _world.SendAsync(Piano with { IdempotencyKey = "k1" })).Value.TaskId);
        Assert.Equal("quota.exceeded", (await _world.SendAsync(Piano with { IdempotencyKey = "k2" })).Error.Code);
        _world.Clock.Advance(TimeSpan.FromDays(1.5));
        Assert.Equal("quota.exceeded", (await _world.SendAsync(Piano with { IdempotencyKey = "k1", Seed = 1 })).Error.Code);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused_and_costs_nothing_more()
    {
        await _world.AcceptAsync(Piano with { IdempotencyKey = "k1" });

        var other = await _world.SendAsync(Piano with { IdempotencyKey = "k1", Seed = 1 });

        Assert.Equal("idempotency.mismatch", other.Error.Code);
        Assert.Equal(1, _world.Ledger.Count);
    }

    [Fact]
    public async Task Two_users_may_use_the_same_key()
    {
        var mine = await _world.AcceptAsync(Piano with { IdempotencyKey = "k1" });
        _world.Id = _world.SomebodyElse;

        Assert.NotEqual(mine.TaskId, (await _world.AcceptAsync(Piano with { IdempotencyKey = "k1" })).TaskId);
    }

    [Fact]
    public async Task A_key_names_a_new_task_after_a_day()
    {
        var first = await _world.AcceptAsync(Piano with { IdempotencyKey = "k1" });
        _world.Clock.Advance(TimeSpan.FromDays(1));

        var second = await _world.AcceptAsync(Piano with { IdempotencyKey = "k1", Seed = 4 });

        Assert.NotEqual(first.TaskId, second.TaskId);
        Assert.Equal(2, (await _world.TasksAsync()).Select(t => t.ChargeId).Distinct().Count());
    }

    [Fact]
    public async Task Repeating_a_failed_request_is_neither_charged_nor_refused()
    {
        var named = Piano with { IdempotencyKey = "k1" };
        var first = await _world.AcceptAsync(named);
        await _world.ChangeAsync(first.TaskId, t => t.Fail(0, "generation.engine_failed", "It broke.", _world.Clock.GetUtcNow()));
        await _world.Ledger.RefundAsync(_world.Me, (await _world.TasksAsync())[0].ChargeId, CancellationToken.None);
        _world.Ledger.Room = 0;

        var again = await _world.AcceptAsync(named);

        Assert.Equal((first.TaskId, "failed", "generation.engine_failed"), (again.TaskId, again.Status, again.Error!.Code));
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task Deleting_a_named_task_doesnt_make_the_next_one_free()
    {
        var named = Piano with { IdempotencyKey = "k1" };
        var first = await _world.AcceptAsync(named);
        await _world.ChangeAsync(first.TaskId, t =>
        {
            t.Start(1, _world.Clock.GetUtcNow());
            t.Complete(1, 10, 44100, 2, 5, [], FakeGenerationPorts.EngineVersion, _world.Clock.GetUtcNow());
        });
        await _world.SendAsync(new DeleteGenerationCommand(first.TaskId));

        await _world.AcceptAsync(named);

        Assert.Equal((2, 20), (_world.Ledger.Count, _world.Ledger.Seconds));
    }

    [Fact]
    public void A_command_never_shows_its_prompt() =>
        Assert.DoesNotContain("calm", $"{Piano} {GenerationViewOf()}", StringComparison.Ordinal);

    public void Dispose() => _world.Dispose();

    private string GenerationViewOf() => _world.AcceptAsync().GetAwaiter().GetResult().ToString();
}
