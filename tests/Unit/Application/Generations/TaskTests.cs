using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelGeneration;
using MusicGen.Application.Generations.DeleteGeneration;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.GetBatch;
using MusicGen.Application.Generations.GetGeneration;
using MusicGen.Application.Generations.GetGenerationAudio;
using MusicGen.Application.Generations.GetGenerationMidi;
using MusicGen.Application.Generations.GetGenerationPeaks;
using MusicGen.Application.Generations.GetGenerationStems;
using MusicGen.Application.Generations.ListGenerations;
using MusicGen.Application.Generations.OpenBatch;
using MusicGen.Application.Generations.WatchGeneration;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Generations;

/// <summary>Looking at tasks, listing, stopping, removing and following them.</summary>
public sealed class TaskTests : IDisposable
{
    private readonly GenerationWorld _world = new();

    [Fact]
    public async Task Somebody_elses_task_is_simply_not_found()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        var batch = (await _world.SendAsync(new OpenBatchCommand(1))).Value.BatchId.ToString();
        _world.Id = _world.SomebodyElse;

        Assert.Equal("generation.not_found", (await _world.SendAsync(new GetGenerationQuery(id))).Error.Code);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new GetGenerationAudioQuery(id))).Error.Code);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new GetGenerationPeaksQuery(id))).Error.Code);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new GetGenerationMidiQuery(id))).Error.Code);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new GetGenerationStemsQuery(id))).Error.Code);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new CancelGenerationCommand(id))).Error.Code);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new DeleteGenerationCommand(id))).Error.Code);
        Assert.Equal("generation.not_found", (await WatchAsync(id, null)).Error.Code);
        Assert.Equal("batch.not_found", (await _world.SendAsync(new GetBatchQuery(batch))).Error.Code);
        Assert.Empty((await _world.SendAsync(new ListGenerationsQuery())).Value.Items);
        Assert.Equal("pending", GenerationView.NameOf((await _world.TasksAsync())[0].Status));
    }

    [Fact]
    public async Task What_is_no_id_is_not_found() =>
        Assert.Equal("generation.not_found", (await _world.SendAsync(new GetGenerationQuery("../etc/passwd"))).Error.Code);

    [Fact]
    public async Task Pages_show_each_task_once_newest_first_while_more_arrive()
    {
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
            ids.Add((await _world.AcceptAsync()).TaskId);
        var seen = new List<string>();
        string? cursor = null;

        do
        {
            var page = (await _world.SendAsync(new ListGenerationsQuery(3, cursor))).Value;
            seen.AddRange(page.Items.Select(t => t.TaskId));
            cursor = page.NextCursor;
            await _world.AcceptAsync();
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Reverse(ids), seen);
    }

    [Fact]
    public async Task Tasks_of_the_same_moment_are_paged_by_their_ids()
    {
        for (var i = 0; i < 5; i++)
            await _world.SendAsync(new GenerateMusicCommand { Prompt = "x" });

        var first = (await _world.SendAsync(new ListGenerationsQuery(2))).Value;
        var rest = (await _world.SendAsync(new ListGenerationsQuery(10, first.NextCursor))).Value;

        Assert.Equal(5, first.Items.Concat(rest.Items).Select(t => t.TaskId).Distinct().Count());
        Assert.Null(rest.NextCursor);
    }

    [Theory]
    [InlineData(0, null, null, "limit"), InlineData(101, null, null, "limit")]
    [InlineData(null, "nonsense", null, "cursor"), InlineData(null, "________________________________", null, "cursor")]
    [InlineData(null, null, "done", "status"), InlineData(null, null, "Pending", "status")]
    public async Task Bad_list_parameters_are_named(int? limit, string? cursor, string? status, string field) =>
        Assert.Equal([field], (await _world.SendAsync(new ListGenerationsQuery(limit, cursor, status))).Error.Fields!.Keys);

    [Fact]
    public async Task A_cancel_before_the_start_gives_everything_back_and_again_is_the_same()
    {
        var id = (await _world.AcceptAsync()).TaskId;

        var first = await _world.SendAsync(new CancelGenerationCommand(id));
        var again = await _world.SendAsync(new CancelGenerationCommand(id));

        Assert.Equal(["cancelled", "cancelled"], new[] { first.Value.Status, again.Value.Status });
        Assert.Equal(first.Value.CompletedAt, again.Value.CompletedAt);
        Assert.Equal(0, _world.Ledger.Count);
    }

    [Fact]
    public async Task A_cancel_while_running_gives_back_only_what_was_not_made()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(id, t => t.Start(1, _world.Clock.GetUtcNow()));
        _world.Ports.Steps = new StepsDone(30, 120);

        var view = (await _world.SendAsync(new CancelGenerationCommand(id))).Value;

        Assert.Equal((30, 120, 0.25), (view.StepsDone, view.StepsTotal, view.Progress));
        Assert.Equal((1, 2.5), (_world.Ledger.Count, _world.Ledger.Seconds));
        Assert.Equal(id, Assert.Single(_world.Ports.Revoked).ToString());
    }

    [Fact]
    public async Task A_finished_task_isnt_cancelled_and_keeps_its_charge()
    {
        var id = await CompleteAsync();

        Assert.Equal("completed", (await _world.SendAsync(new CancelGenerationCommand(id))).Value.Status);
        Assert.Equal((1, 10), (_world.Ledger.Count, _world.Ledger.Seconds));
    }

    [Fact]
    public async Task A_delete_removes_record_and_audio_and_a_second_finds_nothing()
    {
        var id = await CompleteAsync();

        var deleted = await _world.SendAsync(new DeleteGenerationCommand(id));

        Assert.True(deleted.IsSuccess);
        Assert.Empty(await _world.TasksAsync());
        Assert.Equal(id, Assert.Single(_world.Ports.Deleted).ToString());
        Assert.Equal(1, _world.Ledger.Count);
        Assert.Equal("generation.not_found", (await _world.SendAsync(new DeleteGenerationCommand(id))).Error.Code);
    }

    [Fact]
    public async Task A_running_task_tells_its_steps_and_the_time_left()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(id, t => t.Start(1, _world.Clock.GetUtcNow()));
        _world.Ports.Steps = new StepsDone(25, 100);
        _world.Clock.Advance(TimeSpan.FromSeconds(5));

        var view = (await _world.SendAsync(new GetGenerationQuery(id))).Value;

        Assert.Equal(("processing", 0.25, 15d, 0), (view.Status, view.Progress, view.EtaSeconds, view.PositionInQueue));
        Assert.Null(view.AudioUrl);
    }

    [Fact]
    public async Task Audio_waits_for_the_end_and_its_format_is_checked()
    {
        var id = (await _world.AcceptAsync()).TaskId;

        Assert.Equal("generation.not_completed", (await _world.SendAsync(new GetGenerationAudioQuery(id))).Error.Code);
        Assert.Equal(["format"], (await _world.SendAsync(new GetGenerationAudioQuery(id, "aiff"))).Error.Fields!.Keys);
        Assert.Equal(["points"], (await _world.SendAsync(new GetGenerationPeaksQuery(id, 0))).Error.Fields!.Keys);
    }

    [Fact]
    public async Task Notes_and_stems_wait_for_the_end_and_need_an_engine_that_composes()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        Assert.Equal("generation.not_completed", (await _world.SendAsync(new GetGenerationMidiQuery(id))).Error.Code);
        Assert.Equal("generation.not_completed", (await _world.SendAsync(new GetGenerationStemsQuery(id))).Error.Code);
        await FinishAsync(id);
        Assert.Equal("calm piano after ", System.Text.Encoding.UTF8.GetString((await _world.SendAsync(new GetGenerationMidiQuery(id))).Value.Content));

        _world.Ports.Models = [_world.Ports.Models[0] with { Id = "acme/net", Neural = true }];
        var neural = (await _world.AcceptAsync()).TaskId;
        await FinishAsync(neural);
        Assert.Equal("generation.no_score", (await _world.SendAsync(new GetGenerationMidiQuery(neural))).Error.Code);
        Assert.Equal("generation.no_score", (await _world.SendAsync(new GetGenerationStemsQuery(neural))).Error.Code);
    }

    [Fact]
    public async Task A_composer_goes_on_from_scores_only_and_its_sources_come_along()
    {
        _world.Ports.Models = [_world.Ports.Models[0] with { Supports = ["continue_from", "melody_from", "genre"] }, _world.Ports.Models[0] with { Id = "acme/net", Neural = true }];
        var first = (await _world.AcceptAsync()).TaskId;
        var neural = (await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "x", Model = "acme/net" })).TaskId;
        await FinishAsync(first);
        await FinishAsync(neural);

        var longer = (await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "longer", Duration = 20, ContinueFrom = first })).TaskId;
        await FinishAsync(longer);
        var refused = await _world.SendAsync(new GenerateMusicCommand { Prompt = "x", Duration = 20, MelodyFrom = neural });
        var idle = await _world.SendAsync(new GenerateMusicCommand { Prompt = "x", Duration = 20, ContinueFrom = first, Genre = "rock" });

        Assert.Equal("longer after calm piano", System.Text.Encoding.UTF8.GetString((await _world.SendAsync(new GetGenerationMidiQuery(longer))).Value.Content));
        Assert.Equal(("generation.unsupported_field", "melody_from"), (refused.Error.Code, refused.Error.Fields!.Keys.Single()));
        Assert.Equal(("generation.unsupported_field", "genre"), (idle.Error.Code, idle.Error.Fields!.Keys.Single()));
        await _world.SendAsync(new DeleteGenerationCommand(first));
        Assert.Equal("generation.no_score", (await _world.SendAsync(new GetGenerationMidiQuery(longer))).Error.Code);
    }

    [Fact]
    public async Task What_another_version_composed_is_not_composed_again()
    {
        _world.Ports.Models = [_world.Ports.Models[0] with { Supports = ["continue_from", "melody_from"] }];
        var id = (await _world.AcceptAsync()).TaskId;
        await FinishAsync(id);
        _world.Ports.Models = [_world.Ports.Models[0] with { EngineVersion = FakeGenerationPorts.EngineVersion + 1 }];

        Assert.Equal("generation.score_outdated", (await _world.SendAsync(new GetGenerationMidiQuery(id))).Error.Code);
        Assert.Equal("generation.score_outdated", (await _world.SendAsync(new GetGenerationStemsQuery(id))).Error.Code);
        foreach (var next in new[] { new GenerateMusicCommand { Prompt = "x", Duration = 20, ContinueFrom = id }, new GenerateMusicCommand { Prompt = "x", MelodyFrom = id } })
        {
            var refused = (await _world.SendAsync(next)).Error;
            Assert.Equal("generation.unsupported_field", refused.Code);
            Assert.Contains("another version", refused.Fields![next.ContinueFrom is null ? "melody_from" : "continue_from"].Single(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_chain_of_pieces_has_an_end_and_says_so()
    {
        _world.Ports.Models = [_world.Ports.Models[0] with { Supports = ["melody_from"] }];
        var last = (await _world.AcceptAsync()).TaskId;
        await FinishAsync(last);
        for (var link = 0; link < TaskRequests.MostSources; link++)
        {
            last = (await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "x", MelodyFrom = last })).TaskId;
            await FinishAsync(last);
        }

        var tooLong = (await _world.SendAsync(new GenerateMusicCommand { Prompt = "x", MelodyFrom = last })).Error;

        Assert.True((await _world.SendAsync(new GetGenerationMidiQuery(last))).IsSuccess);
        Assert.Equal("generation.unsupported_field", tooLong.Code);
        Assert.Contains("at most 32", tooLong.Fields!["melody_from"].Single(), StringComparison.Ordinal);
    }

    private Task FinishAsync(string id) => _world.ChangeAsync(id, g =>
    {
        Assert.True(g.Start(1, _world.Clock.GetUtcNow()));
        Assert.True(g.Complete(1, g.RequestedSeconds, 32000, 2, 4, [], FakeGenerationPorts.EngineVersion, _world.Clock.GetUtcNow()));
    });

    [Fact]
    public async Task A_batch_counts_what_was_refused_as_failed()
    {
        var batch = (await _world.SendAsync(new OpenBatchCommand(3))).Value.BatchId;
        var one = await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "a", BatchId = batch });
        var two = await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "b", BatchId = batch });
        await _world.SendAsync(new GenerateMusicCommand { Prompt = "", BatchId = batch });

        var before = (await _world.SendAsync(new GetBatchQuery(batch.ToString()))).Value;
        await CompleteAsync(one.TaskId);
        await _world.SendAsync(new CancelGenerationCommand(two.TaskId));
        var after = (await _world.SendAsync(new GetBatchQuery(batch.ToString()))).Value;

        Assert.Equal([one.TaskId, two.TaskId], before.TaskIds);
        Assert.Equal(("pending", 3, 0, 1, 2), (before.Status, before.Total, before.Completed, before.Failed, before.Pending));
        Assert.Equal(("completed", 3, 1, 2, 0), (after.Status, after.Total, after.Completed, after.Failed, after.Pending));
    }

    [Fact]
    public async Task A_watch_begins_with_the_state_and_ends_with_the_task_even_if_every_message_is_lost()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        var events = (await WatchAsync(id, null)).Value.Events.GetAsyncEnumerator(CancellationToken.None);

        Assert.True(await events.MoveNextAsync());
        var first = events.Current;
        await CompleteAsync(id);
        var next = events.MoveNextAsync().AsTask();
        while (!next.IsCompleted)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, CancellationToken.None);
        }

        Assert.Equal(("progress", 1), (first.Type, ((ProgressView)first.Data).PositionInQueue));
        Assert.True(await next);
        Assert.Equal(("completed", id), (events.Current.Type, ((GenerationView)events.Current.Data).TaskId));
        Assert.NotEqual(first.Id, events.Current.Id);
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task Who_comes_back_isnt_told_what_it_knows()
    {
        var id = (await _world.AcceptAsync()).TaskId;
        var known = await FirstAsync((await WatchAsync(id, null)).Value);
        await CompleteAsync(id);

        var resumed = await FirstAsync((await WatchAsync(id, known.Id)).Value);
        var over = (await WatchAsync(id, resumed.Id)).Value;

        Assert.Equal("completed", resumed.Type);
        Assert.True(over.IsOver);
        Assert.False(await over.Events.GetAsyncEnumerator(CancellationToken.None).MoveNextAsync());
    }

    public void Dispose() => _world.Dispose();

    private static async Task<GenerationEvent> FirstAsync(GenerationStream stream)
    {
        await using var events = stream.Events.GetAsyncEnumerator(CancellationToken.None);
        Assert.True(await events.MoveNextAsync());
        return events.Current;
    }

    private async Task<MusicGen.Domain.Result<GenerationStream>> WatchAsync(string id, string? lastId)
    {
        var scope = _world.Scope();
        return await scope.ServiceProvider.GetRequiredService<GenerationEvents>().WatchAsync(id, lastId, CancellationToken.None);
    }

    private async Task<string> CompleteAsync(string? id = null)
    {
        id ??= (await _world.AcceptAsync()).TaskId;
        await _world.ChangeAsync(id, t =>
        {
            t.Start(1, _world.Clock.GetUtcNow());
            t.Complete(1, 10, 44100, 2, 5, ["piano"], FakeGenerationPorts.EngineVersion, _world.Clock.GetUtcNow());
        });
        return id;
    }
}
