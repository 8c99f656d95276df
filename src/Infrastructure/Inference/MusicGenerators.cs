using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Speaks for all engines of this machine: finds the one that has the model.</summary>
/// <param name="engines">The better ones first.</param>
/// <param name="defaultModel">DEFAULT_MODEL: comes before all others where the machine has it.</param>
internal sealed class MusicGenerators(IEnumerable<IMusicEngine> engines, string? defaultModel = null) : IMusicGenerator
{
    private readonly IReadOnlyList<IMusicEngine> _engines = [.. engines];

    public IReadOnlyList<MusicModel> Models => [.. All().Select(m => m.Model)];

    public MusicModel? Find(string? id) => All().Select(m => m.Model).FirstOrDefault(m => id is null || m.Id == id);

    public Task<AudioClip> GenerateAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var (engine, model) = All().FirstOrDefault(m => request.Model is null || m.Model.Id == request.Model);
        return engine is null
            ? throw new MusicGenerationException("There is no such model on this machine.") { Fault = NodeFault.Model }
            : engine.GenerateAsync(model, request, progress, ct);
    }

    // Asked anew each time: models come, are loaded and go while the server runs.
    private IEnumerable<(IMusicEngine Engine, MusicModel Model)> All() =>
        _engines.SelectMany(engine => engine.Models.Select(model => (engine, model))).OrderByDescending(m => m.model.Id == defaultModel);
}
