using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference;

/// <summary>One way of making music. Engines are found by MusicGenerators, which speaks for all of them.</summary>
internal interface IMusicEngine
{
    IReadOnlyList<MusicModel> Models { get; }

    /// <summary>Makes the music, on a thread of the engine's own.</summary>
    Task<AudioClip> GenerateAsync(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct);
}
