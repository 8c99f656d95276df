using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Generations.CancelGeneration;
using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Application.Generations.ListenToGeneration;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Generations;

/// <summary>What a task is heard as, by whom, and when.</summary>
public sealed class ListeningTests : IDisposable
{
    private readonly GenerationWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_waiting_task_is_heard_when_it_is_begun()
    {
        var task = await AcceptAsync();
        var listening = ListenAsync(task);
        using var sound = _world.Sounds.Open(IdOf(task), lease: 1);
        Assert.False(listening.IsCompleted);

        sound.Begin(8000, 1, 1000);

        var heard = await listening;
        Assert.Equal(44 + 2000, heard.Value.Live!.Length);
        Assert.Null(heard.Value.File);
    }

    [Fact]
    public async Task A_finished_task_is_heard_as_its_file()
    {
        var task = await AcceptAsync();
        await EndAsync(task, (g, now) => g.Complete(1, 1, 8000, 1, 10, [], null, now));

        var heard = await ListenAsync(task);

        Assert.Equal("\"tag\"", heard.Value.File!.ETag);
        Assert.Null(heard.Value.Live);
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("cancelled")]
    public async Task A_task_that_ended_without_sound_has_nothing_to_hear(string how)
    {
        var task = await AcceptAsync();
        _world.Ports.HasAudio = false;
        if (how == "cancelled")
            Assert.True((await _world.SendAsync(new CancelGenerationCommand(task))).IsSuccess);
        else
            await EndAsync(task, (g, now) => g.Fail(1, GenerationErrors.EngineFailed, "It broke.", now));

        var heard = await ListenAsync(task);

        Assert.Equal(GenerationErrors.EndedWithoutAudio, heard.Error);
        Assert.Equal("generation.not_completed", heard.Error.Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("loudness")]
    [InlineData("peak")]
    public async Task A_level_of_the_whole_cannot_be_heard_before_the_whole_nor_ever_as_a_stream(string? normalize)
    {
        var task = (await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "calm piano", Normalize = normalize })).TaskId;

        Assert.Equal("generation.stream_needs_fixed_gain", (await ListenAsync(task)).Error.Code);
        await EndAsync(task, (g, now) => g.Complete(1, 1, 8000, 1, 10, [], null, now));

        Assert.Equal("generation.stream_needs_fixed_gain", (await ListenAsync(task)).Error.Code);
    }

    [Fact]
    public async Task Nobody_hears_somebody_elses_task()
    {
        var task = await AcceptAsync();
        using var sound = _world.Sounds.Open(IdOf(task), lease: 1);
        sound.Begin(8000, 1, 1000);
        _world.Id = _world.SomebodyElse;

        foreach (var id in new[] { task, "0190a000-0000-7000-8000-000000000000", "nonsense" })
            Assert.Equal(GenerationErrors.NotFound, (await ListenAsync(id)).Error);
    }

    private static GenerationId IdOf(string task)
    {
        Assert.True(GenerationId.TryParse(task, out var id));
        return id;
    }

    private async Task<string> AcceptAsync() =>
        (await _world.AcceptAsync(new GenerateMusicCommand { Prompt = "calm piano", Normalize = "none" })).TaskId;

    private Task EndAsync(string task, Func<Generation, DateTimeOffset, bool> end) => _world.ChangeAsync(task, g =>
    {
        var now = _world.Clock.GetUtcNow();
        Assert.True(g.Start(1, now));
        Assert.True(end(g, now));
    });

    private async Task<Result<HeardSound>> ListenAsync(string task)
    {
        await using var scope = _world.Scope();
        return await scope.ServiceProvider.GetRequiredService<GenerationListening>().ListenAsync(task, TestContext.Current.CancellationToken);
    }
}
