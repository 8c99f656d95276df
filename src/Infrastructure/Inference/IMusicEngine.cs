using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference;

/// <summary>One way of making music. Engines are found by MusicGenerators, which speaks for all of them.</summary>
internal interface IMusicEngine
{
    IReadOnlyList<MusicModel> Models { get; }

    AudioClip Generate(MusicModel model, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct);
}
