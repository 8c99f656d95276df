using MusicGen.Application.Generations.CancelGeneration;
using MusicGen.Application.Generations.DeleteGeneration;
using MusicGen.Application.Generations.RunGeneration;
using MusicGen.Application.Quotas;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>What becomes of a task when its worker dies, sleeps, stops or is told to stop.</summary>
public sealed class WorkerTests(RedisServers servers) : NodesOfOneService
{

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_task_is_run_by_the_queue_and_charged_once(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        await node.StartAsync();

        var task = await node.UntilAsync(await node.AcceptAsync(), t => t.IsFinished);

        Assert.Equal(GenerationStatus.Completed, task.Status);
        Assert.Equal((10, 8000, 1, 100), (task.Duration, task.SampleRate, task.Channels, task.StepsDone));
        Assert.Equal(["piano"], task.Understood);
        Assert.Equal((1, 10), await UsedAsync(node));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Ten_starts_at_once_make_it_once(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var other = await NodeAsync(kind, node.Engine);
        var id = await node.AcceptAsync();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? node : other).SendAsync(new RunGenerationCommand(id))));

        Assert.Equal(1, node.Engine.Starts);
        Assert.Equal(GenerationStatus.Completed, (await node.TaskAsync(id)).Status);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_dead_workers_task_finishes_once_and_is_charged_once(RedisKind kind)
    {
        // The dead one: its row says processing, its lease has ended.
        var node = await NodeAsync(kind);
        var id = await node.AcceptAsync();
        await DieWhileRunningAsync(node, id);
        await node.Redis.KeyDeleteAsync(RedisKeys.GenerationLease(id));

        await node.StartAsync(); // the sweeper looks at start-up
        var task = await node.UntilAsync(id, t => t.IsFinished);

        Assert.Equal(GenerationStatus.Completed, task.Status);
        Assert.Equal(2, task.Attempts);
        Assert.Equal(1, node.Engine.Starts);
        Assert.Equal((1, 10), await UsedAsync(node));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_task_whose_workers_die_three_times_fails_with_a_reason_and_costs_nothing(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var id = await node.AcceptAsync();

        for (var i = 0; i < Generation.MaxAttempts; i++)
        {
            await DieWhileRunningAsync(node, id);
            await node.Redis.KeyDeleteAsync(RedisKeys.GenerationLease(id));
            await node.SweepAsync();
        }

        var task = await node.TaskAsync(id);
        Assert.Equal((GenerationStatus.Failed, "generation.interrupted"), (task.Status, task.ErrorCode));
        Assert.Equal((0, 0), await UsedAsync(node));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_charge_whose_task_never_came_to_be_is_given_back_and_one_whose_task_did_stays(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var ledger = node.Get<IQuotaLedger>();
        var task = await node.TaskAsync(await node.AcceptAsync());
        await ledger.AcquireAsync(User, Tier.Enterprise, new QuotaCharge(task.ChargeId, 10), CancellationToken.None); // as the request again, whose process dies
        await ledger.AcquireAsync(User, Tier.Enterprise, new QuotaCharge("of nothing", 20), CancellationToken.None);
        await node.SweepAsync();
        var soon = await node.UsageAsync();
        Assert.Equal(2, (await ledger.ListOpenAsync(TimeSpan.Zero, CancellationToken.None)).Count(c => c.User == User));

        var old = DateTimeOffset.UtcNow - ChargeReckoning.Doubt - TimeSpan.FromSeconds(1);
        foreach (var id in (string[])[task.ChargeId, "of nothing"])
            await node.Redis.SortedSetAddAsync(RedisKeys.OpenCharges, $"{User}|{id}", old.ToUnixTimeMilliseconds());
        await node.SweepAsync();

        Assert.Equal(30, soon.AudioSeconds.Used);
        Assert.Equal((1, 10), await UsedAsync(node));
        Assert.DoesNotContain(await ledger.ListOpenAsync(TimeSpan.Zero, CancellationToken.None), c => c.User == User);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_living_workers_task_is_left_alone(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var id = await node.AcceptAsync();
        await DieWhileRunningAsync(node, id); // for four seconds it looks alive

        await node.SweepAsync();

        Assert.Equal(GenerationStatus.Processing, (await node.TaskAsync(id)).Status);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_paused_worker_that_lost_its_lease_cant_finish(RedisKind kind)
    {
        var (paused, other) = (await NodeAsync(kind), await NodeAsync(kind));
        var id = await paused.AcceptAsync();
        var (reached, wake) = (new TaskCompletionSource(), new TaskCompletionSource());
        paused.Engine.BeforeStep = async (step, _) =>
        {
            if (step != StagedEngine.Steps - 1)
                return;
            reached.SetResult();
            await wake.Task;
        };
        var sleeping = paused.SendAsync(new RunGenerationCommand(id));
        await reached.Task;
        await paused.Redis.KeyDeleteAsync(RedisKeys.GenerationLease(id)); // as if it had been paused for four seconds

        await other.SweepAsync();
        await other.SendAsync(new RunGenerationCommand(id));
        var finished = await other.TaskAsync(id);
        wake.SetResult();
        await sleeping;

        Assert.Equal((GenerationStatus.Completed, 2), (finished.Status, finished.Attempts));
        Assert.Equal(finished.Version, (await other.TaskAsync(id)).Version);
        Assert.True((await OpenAsync(other, id)).IsSuccess); // and it didn't take the other's audio with it
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_cancel_from_another_node_stops_the_work_within_one_step(RedisKind kind)
    {
        var (worker, owner) = (await NodeAsync(kind), await NodeAsync(kind));
        worker.Engine.StepTime = TimeSpan.FromMilliseconds(20);
        var id = await worker.AcceptAsync();
        var running = worker.SendAsync(new RunGenerationCommand(id));
        while (await owner.Get<MusicGen.Application.Generations.IGenerationProgress>().GetAsync(id, CancellationToken.None) is not { Done: >= 10 })
            await Task.Delay(10, CancellationToken.None);

        var cancelled = await owner.SendAsync(new CancelGenerationCommand(id.ToString()));
        await running.WaitAsync(TimeSpan.FromSeconds(2), CancellationToken.None);

        var task = await owner.TaskAsync(id);
        Assert.Equal("cancelled", cancelled.Value.Status);
        Assert.Equal(GenerationStatus.Cancelled, task.Status);
        Assert.Equal(1, worker.Engine.StepsAfterStop);
        Assert.InRange(task.StepsDone, 10, 99);
        // Only what was not yet made comes back.
        Assert.Equal((1, task.StepsDone / 10d), await UsedAsync(owner));
        Assert.Equal("generation.not_completed", (await OpenAsync(owner, id)).Error.Code);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_deleted_task_leaves_no_audio_even_if_its_worker_was_about_to_store_it(RedisKind kind)
    {
        var (worker, owner) = (await NodeAsync(kind), await NodeAsync(kind));
        var id = await worker.AcceptAsync();
        worker.Engine.BeforeStep = async (step, _) =>
        {
            if (step == StagedEngine.Steps - 1)
                Assert.True((await owner.SendAsync(new DeleteGenerationCommand(id.ToString()))).IsSuccess);
        };

        await worker.SendAsync(new RunGenerationCommand(id));

        Assert.False(await owner.WithDatabaseAsync(db => Task.FromResult(db.Generations.Any(g => g.Id == id))));
        Assert.Equal("generation.not_completed", (await OpenAsync(owner, id)).Error.Code);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_node_that_stops_puts_its_task_back_and_the_next_start_makes_it(RedisKind kind)
    {
        var first = await NodeAsync(kind);
        first.Engine.StepTime = TimeSpan.FromMilliseconds(50);
        await first.StartAsync();
        var id = await first.AcceptAsync();
        await first.UntilAsync(id, t => t.Status == GenerationStatus.Processing);

        await first.StopAsync();
        var waiting = await first.TaskAsync(id);
        var second = await NodeAsync(kind);
        await second.StartAsync();
        var task = await second.UntilAsync(id, t => t.IsFinished);

        Assert.Equal((GenerationStatus.Pending, 0), (waiting.Status, waiting.Attempts));
        Assert.Equal((GenerationStatus.Completed, 1), (task.Status, task.Attempts));
        Assert.Equal((1, 10), await UsedAsync(second));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_node_that_stops_finishes_what_it_can_within_its_grace(RedisKind kind)
    {
        var node = await AddAsync(await servers.NodeAsync(kind), new StagedEngine { StepTime = TimeSpan.FromMilliseconds(20) }, TimeSpan.FromSeconds(60));
        await node.StartAsync();
        var id = await node.AcceptAsync();
        await node.UntilAsync(id, t => t.Status == GenerationStatus.Processing);

        await node.StopAsync();

        var task = await node.TaskAsync(id);
        Assert.Equal((GenerationStatus.Completed, 1), (task.Status, task.Attempts));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_task_that_fell_out_of_the_queue_is_found(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var id = await node.AcceptAsync();
        await node.Redis.KeyDeleteAsync($"mg:{{test-{User}}}:queue:{OpenQueues.NameOf(Tier.Enterprise, StagedEngine.Id)}"); // fetched by a process that died
        Assert.Equal(0, await node.Get<MusicGen.Application.Generations.IGenerationQueue>().CountAsync(Tier.Enterprise, StagedEngine.Id, CancellationToken.None));

        var once = await node.SweepAsync();
        var afterOne = await node.Get<MusicGen.Application.Generations.IGenerationQueue>().CountAsync(Tier.Enterprise, StagedEngine.Id, CancellationToken.None);
        await node.SweepAsync(once);
        await node.StartAsync();

        Assert.Equal([(Tier.Enterprise, StagedEngine.Id)], once.Queues);
        Assert.Equal(0, afterOne); // it might just be on its way
        Assert.Equal(GenerationStatus.Completed, (await node.UntilAsync(id, t => t.IsFinished)).Status);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_refund_that_a_crash_swallowed_is_made_up_for(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        var id = await node.AcceptAsync();
        await node.WithDatabaseAsync(async db =>
        {
            var task = db.Generations.Single(g => g.Id == id);
            task.Fail(0, "generation.engine_failed", "It broke.", DateTimeOffset.UtcNow);
            return await db.SaveChangesAsync(CancellationToken.None);
        });
        Assert.Equal((1, 10), await UsedAsync(node));

        await node.SweepAsync();

        Assert.Equal((0, 0), await UsedAsync(node));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_broken_engine_fails_the_task_in_plain_words(RedisKind kind)
    {
        var node = await NodeAsync(kind);
        node.Engine.BeforeStep = (_, _) => throw new InvalidOperationException("secret internals");
        var id = await node.AcceptAsync();

        await node.SendAsync(new RunGenerationCommand(id));

        var task = await node.TaskAsync(id);
        Assert.Equal((GenerationStatus.Failed, "generation.engine_failed"), (task.Status, task.ErrorCode));
        Assert.DoesNotContain("secret", task.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal((0, 0), await UsedAsync(node));
    }

    private async Task<GenerationNode> NodeAsync(RedisKind kind, StagedEngine? engine = null) => await AddAsync(await servers.NodeAsync(kind), engine);

    // What a killed process leaves: the row it had started, and its lease for up to four seconds.
    private static async Task DieWhileRunningAsync(GenerationNode node, GenerationId id)
    {
        var number = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await node.Redis.StringSetAsync(RedisKeys.GenerationLease(id), "dead", RedisGenerationLeases.Length);
        await node.WithDatabaseAsync(async db =>
        {
            var task = db.Generations.Single(g => g.Id == id);
            Assert.True(task.Start(Math.Max(number, task.Lease + 1), DateTimeOffset.UtcNow));
            return await db.SaveChangesAsync(CancellationToken.None);
        });
        await Task.Delay(5, CancellationToken.None);
    }

    private static Task<MusicGen.Domain.Result<MusicGen.Application.Generations.AudioFile>> OpenAsync(GenerationNode node, GenerationId id) =>
        node.Get<MusicGen.Application.Generations.IAudioStore>().OpenAsync(id, MusicGen.Application.Generations.AudioFormat.Wav, CancellationToken.None);

    private static async Task<(double Generations, double Seconds)> UsedAsync(GenerationNode node)
    {
        var usage = await node.UsageAsync();
        return (usage.Windows[2].Used, usage.AudioSeconds.Used);
    }
}
