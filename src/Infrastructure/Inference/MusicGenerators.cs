using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Speaks for all engines of this machine: finds the one that has the model, and gives its work a thread.</summary>
/// <param name="engines">The better ones first.</param>
/// <param name="defaultModel">DEFAULT_MODEL: comes before all others where the machine has it.</param>
internal sealed class MusicGenerators(IEnumerable<IMusicEngine> engines, string? defaultModel = null) : IMusicGenerator
{
    private readonly IReadOnlyList<(IMusicEngine Engine, MusicModel Model)> _models =
        [.. engines.SelectMany(engine => engine.Models.Select(model => (engine, model))).OrderByDescending(m => m.model.Id == defaultModel)];

    public IReadOnlyList<MusicModel> Models => [.. _models.Select(m => m.Model)];

    public MusicModel? Find(string? id) => Locate(id)?.Model;

    public Task<AudioClip> GenerateAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        if (Locate(request.Model) is not var (engine, model))
            throw new MusicGenerationException("There is no such model on this machine.");

        // Seconds of computing would keep a thread of the pool from its short work; a thread of its own does not.
        return Task.Factory.StartNew(
            () => engine.Generate(model, request, progress, ct),
            ct,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
    }

    private (IMusicEngine Engine, MusicModel Model)? Locate(string? id)
    {
        foreach (var candidate in _models)
        {
            if (id is null || candidate.Model.Id == id)
                return candidate;
        }

        return null;
    }
}
