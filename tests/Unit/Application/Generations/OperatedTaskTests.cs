using System.Text.Json;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelTask;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.RequeueTask;
using MusicGen.Application.Nodes;
using MusicGen.Application.Nodes.ListQueues;
using MusicGen.Application.Nodes.ListTasks;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Generations;

/// <summary>Administrators' hands on anybody's tasks: what they see, and what a cancel and another try do to task and charge.</summary>
public sealed class OperatedTaskTests : IDisposable
{
    private readonly GenerationWorld _world = new();

    [Fact]
    public async Task A_failed_task_is_tried_again_free_of_charge_with_all_its_attempts()
    {
        var id = await FailAsync();
        Assert.Equal(0, _world.Ledger.Count);
        _world.Ports.Enqueued.Clear();

        Assert.Equal("pending", (await _world.SendAsync(new RequeueTaskCommand(id))).Value.Status);

        var task = (await _world.TasksAsync()).Single();
        Assert.Equal((GenerationStatus.Pending, 0, null, null, null, null), (task.Status, task.Attempts, task.ErrorCode, task.ErrorMessage, task.StartedAt, task.CompletedAt));
        Assert.Equal(id, Assert.Single(_world.Ports.Enqueued).ToString());
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task However_often_it_is_tried_and_asked_for_a_failed_task_is_never_charged_again()
    {
        var named = new GenerateMusicCommand { Prompt = "calm piano", IdempotencyKey = "mine" };
        var id = (await _world.AcceptAsync(named)).TaskId;
        for (var time = 0; time < 3; time++)
        {
            await FailAsync(id);
            await _world.SendAsync(new RequeueTaskCommand(id));
            await _world.SendAsync(new RequeueTaskCommand(id)); // a second press
            Assert.Equal(id, (await _world.AcceptAsync(named)).TaskId);
            Assert.Equal(0, _world.Ledger.Count);
        }

        await _world.ChangeAsync(id, t => t.Start(t.Lease + 1, _world.Clock.GetUtcNow()));
        _world.Ports.Steps = new StepsDone(30, 120);
        await _world.SendAsync(new CancelTaskCommand(id));

        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task A_charge_that_a_dying_process_owed_is_given_back_before_the_other_try()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(id, t => t.Fail(t.Lease, GenerationErrors.EngineFailed, "It broke.", _world.Clock.GetUtcNow())); // and died here
        Assert.Equal(1, _world.Ledger.Count);

        await _world.SendAsync(new RequeueTaskCommand(id));

        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task A_running_task_is_taken_from_its_worker_and_keeps_its_charge()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(id, t => t.Start(7, _world.Clock.GetUtcNow()));
        _world.Ports.Enqueued.Clear();

        Assert.Equal("pending", (await _world.SendAsync(new RequeueTaskCommand(id))).Value.Status);

        Assert.Equal(id, Assert.Single(_world.Ports.Revoked).ToString());
        Assert.Equal(id, Assert.Single(_world.Ports.Enqueued).ToString());
        Assert.Equal((1, 10), (_world.Ledger.Count, _world.Ledger.Seconds));
        var task = (await _world.TasksAsync()).Single();
        Assert.False(task.Complete(7, 10, 8000, 1, 1, [], null, _world.Clock.GetUtcNow())); // its worker is too late
    }

    [Fact]
    public async Task What_ended_otherwise_isnt_tried_again_and_what_isnt_there_isnt_found()
    {
        var (cancelled, completed) = ((await _world.AcceptAsync()).TaskId, (await _world.AcceptAsync()).TaskId);
        await _world.SendAsync(new CancelTaskCommand(cancelled));
        await _world.ChangeAsync(completed, t => Assert.True(t.Start(1, _world.Clock.GetUtcNow()) && t.Complete(1, 10, 8000, 1, 1, [], null, _world.Clock.GetUtcNow())));

        Assert.Equal("generation.not_failed", (await _world.SendAsync(new RequeueTaskCommand(cancelled))).Error.Code);
        Assert.Equal("generation.not_failed", (await _world.SendAsync(new RequeueTaskCommand(completed))).Error.Code);
        Assert.Equal("completed", (await _world.SendAsync(new CancelTaskCommand(completed))).Value.Status);
        foreach (var id in (string[])["0190a000-0000-7000-8000-000000000000", "../etc"])
        {
            Assert.Equal("generation.not_found", (await _world.SendAsync(new RequeueTaskCommand(id))).Error.Code);
            Assert.Equal("generation.not_found", (await _world.SendAsync(new CancelTaskCommand(id))).Error.Code);
        }
    }

    [Fact]
    public async Task Anybodys_task_is_cancelled_with_the_refund_that_its_owner_would_get()
    {
        var (waiting, running) = ((await _world.AcceptAsync()).TaskId, (await _world.AcceptAsync()).TaskId);
        await _world.ChangeAsync(running, t => t.Start(1, _world.Clock.GetUtcNow()));
        _world.Ports.Steps = new StepsDone(30, 120);
        _world.Id = _world.SomebodyElse;

        Assert.Equal("cancelled", (await _world.SendAsync(new CancelTaskCommand(waiting))).Value.Status);
        Assert.Equal((1, 10), (_world.Ledger.Count, _world.Ledger.Seconds));
        Assert.Equal("cancelled", (await _world.SendAsync(new CancelTaskCommand(running))).Value.Status);
        Assert.Equal((1, 2.5), (_world.Ledger.Count, _world.Ledger.Seconds));
    }

    [Fact]
    public async Task The_list_shows_everybodys_tasks_by_status_and_who_works_on_them_but_nothing_that_they_wrote()
    {
        var failed = await FailAsync();
        var waiting = (await _world.AcceptAsync()).TaskId;
        _world.Id = _world.SomebodyElse;
        var running = (await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "a secret waltz", Genre = "jazz" })).TaskId;
        await _world.ChangeAsync(running, t => t.Start(1, _world.Clock.GetUtcNow()));
        _world.Ports.Steps = new StepsDone(30, 120);
        _world.Nodes.Add(Node("lost", running), TimeSpan.FromMinutes(1));
        _world.Nodes.Add(Node("gpu", running));

        Assert.Equal([running, waiting, failed], await IdsAsync(null));
        Assert.Equal([running, waiting, failed], await IdsAsync("all"));
        Assert.Equal([waiting], await IdsAsync("waiting"));
        Assert.Equal([failed], await IdsAsync("failed"));
        var task = Assert.Single((await _world.SendAsync(new ListTasksQuery(Status: "running"))).Value.Items);
        Assert.Equal((_world.SomebodyElse.ToString(), "free", "composer", "processing", 0.25, "gpu", 1), (task.UserId, task.Tier, task.Model, task.Status, task.Progress, task.Node, task.Attempts));
        var all = JsonSerializer.Serialize((await _world.SendAsync(new ListTasksQuery())).Value);
        Assert.DoesNotContain("waltz", all, StringComparison.Ordinal);
        Assert.DoesNotContain("piano", all, StringComparison.Ordinal);
        Assert.DoesNotContain("jazz", all, StringComparison.Ordinal);
        Assert.Contains("It broke.", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_each_other_and_bad_parameters_are_named()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Insert(0, (await _world.AcceptAsync()).TaskId);

        var first = (await _world.SendAsync(new ListTasksQuery(3))).Value;
        var rest = (await _world.SendAsync(new ListTasksQuery(3, first.NextCursor))).Value;

        Assert.Equal(ids, first.Items.Concat(rest.Items).Select(t => t.TaskId));
        Assert.Null(rest.NextCursor);
        var oldest = (await _world.SendAsync(new ListTasksQuery(3, Status: "waiting", Order: "oldest"))).Value;
        var younger = (await _world.SendAsync(new ListTasksQuery(3, oldest.NextCursor, "waiting", "oldest"))).Value;
        Assert.Equal(Enumerable.Reverse(ids), oldest.Items.Concat(younger.Items).Select(t => t.TaskId));
        Assert.Null(younger.NextCursor);
        Assert.Equal(["limit", "cursor", "status", "order"], (await _world.SendAsync(new ListTasksQuery(101, "x", "pending", "any"))).Error.Fields!.Keys);
    }

    [Fact]
    public async Task Queues_count_what_waits_and_runs_and_the_workers_of_those_that_take_tasks()
    {
        await _world.AcceptAsync();
        var running = (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(running, t => t.Start(1, _world.Clock.GetUtcNow()));
        await FailAsync();
        _world.Nodes.Add(Node("a"));
        _world.Nodes.Add(Node("b"));
        _world.Nodes.Add(Node("drains") with { IsDraining = true });
        _world.Nodes.Add(Node("lost"), TimeSpan.FromMinutes(1));
        await _world.Nodes.GiveAsync(NodeOrder.Pause(Tier.Free), CancellationToken.None);

        var queues = (await _world.SendAsync(new ListQueuesQuery())).Value.Items;

        Assert.Equal([("free", true, 2, 1, 1), ("premium", false, 2, 0, 0), ("enterprise", false, 2, 0, 0)], queues.Select(q => (q.Tier, q.Paused, q.Workers, q.Waiting, q.Running)));
        Assert.Equal([new ModelQueueView("composer", 1, 1)], queues[0].Models);
    }

    public void Dispose() => _world.Dispose();

    private async Task<IEnumerable<string>> IdsAsync(string? status) => (await _world.SendAsync(new ListTasksQuery(Status: status))).Value.Items.Select(t => t.TaskId);

    private async Task<string> FailAsync(string? id = null)
    {
        id ??= (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(id, t => Assert.True(t.Fail(t.Lease, GenerationErrors.EngineFailed, "It broke.", _world.Clock.GetUtcNow())));
        await using var scope = _world.Scope();
        var task = (await _world.TasksAsync()).Single(t => t.Id.ToString() == id);
        await Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<IGenerationFlow>(scope.ServiceProvider).FollowAsync(task, CancellationToken.None);
        return id;
    }

    private static NodeState Node(string name, params string[] tasks) =>
        new() { Name = name, Role = NodeRole.All, Version = "1.0", StartedAt = DateTimeOffset.UnixEpoch, Tasks = tasks };
}
