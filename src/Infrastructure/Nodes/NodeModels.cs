using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>The models of all nodes together: this one's as they are now, the others' as they said last.</summary>
internal sealed class NodeModels(IMusicGenerator own, INodeRegistry registry, IOptions<NodeOptions> node, IOptions<InferenceOptions> inference) : IModelCatalogue
{
    // A service's own models come first, in their order; among others' the better ones do.
    public IReadOnlyList<MusicModel> Models =>
        [.. own.Models.Concat(OfOthers()).GroupBy(m => m.Id, StringComparer.Ordinal).Select(Merge).OrderByDescending(m => m.Id == inference.Value.DefaultModel)];

    public MusicModel? Find(string? id) => Models.FirstOrDefault(m => id is null || m.Id == id);

    // A lost node's models stay until it is forgotten: what is asked of them waits for its return.
    private IEnumerable<MusicModel> OfOthers() => registry.Board.Nodes
        .Where(n => n.State.Name != node.Value.Name && n.State.Role != NodeRole.Api)
        .OrderByDescending(n => n.IsAlive)
        .SelectMany(n => n.State.Models.Select(m => m with { Loaded = m.Loaded && n.IsAlive }))
        .OrderByDescending(m => m.Neural);

    private static MusicModel Merge(IGrouping<string, MusicModel> same) => same.First() with { Loaded = same.Any(m => m.Loaded) };
}
