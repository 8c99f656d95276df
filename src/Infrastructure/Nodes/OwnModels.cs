using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>The generator of this machine without the models that it leaves to other nodes at the moment.</summary>
internal sealed class OwnModels(IMusicGenerator generator, LeftTasks left) : IMusicGenerator
{
    public IReadOnlyList<MusicModel> Models => [.. generator.Models.Where(m => !left.IsLeft(m.Id))];

    public MusicModel? Find(string? id) => Models.FirstOrDefault(m => id is null || m.Id == id);

    public Task<AudioClip> GenerateAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct) => generator.GenerateAsync(request, progress, ct);
}
