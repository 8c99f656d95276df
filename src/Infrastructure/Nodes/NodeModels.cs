using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Inference;

namespace MusicGen.Infrastructure.Nodes;

/// <summary>
/// The models of all nodes together: this one's as they are now, the others' as they said last. Their order is the same on
/// every node, since a request that names no model gets the first one, whichever node a proxy picks.
/// </summary>
internal sealed class NodeModels(IMusicGenerator own, INodeRegistry registry, IOptions<NodeOptions> node, IOptions<InferenceOptions> inference) : IModelCatalogue
{
    // Networks before the composer; what somebody can make now before what waits for a lost node; then as the nodes with GPUs
    // have them in order, each the best first, and as the others have them.
    public IReadOnlyList<MusicModel> Models =>
    [
        .. Offers().GroupBy(o => o.Model.Id, StringComparer.Ordinal)
            .Select(same => same.Order(Better).ToList())
            .OrderByDescending(same => same[0].Model.Id == inference.Value.DefaultModel)
            .ThenByDescending(same => same[0].Model.Neural)
            .ThenBy(same => same[0], Better)
            .ThenBy(same => same[0].Model.Id, StringComparer.Ordinal)
            .Select(same => same[0].Model with { Loaded = same.Exists(o => o.Model.Loaded) }),
    ];

    private static Comparer<Offer> Better { get; } = Comparer<Offer>.Create((a, b) =>
    {
        var first = (!a.IsAlive, !a.HasGpu, a.Place).CompareTo((!b.IsAlive, !b.HasGpu, b.Place));
        return first != 0 ? first : string.CompareOrdinal(a.Node, b.Node);
    });

    public MusicModel? Find(string? id) => Models.FirstOrDefault(m => id is null || m.Id == id);

    // A lost node's models stay until it is forgotten: what is asked of them waits for its return.
    private IEnumerable<Offer> Offers() => registry.Board.Nodes
        .Where(n => n.State.Name != node.Value.Name && n.State.Role != NodeRole.Api)
        .SelectMany(n => OffersOf(n.State.Name, n.State.Models, n.IsAlive))
        .Concat(OffersOf(node.Value.Name, own.Models, isAlive: true));

    private static IEnumerable<Offer> OffersOf(string node, IReadOnlyList<MusicModel> models, bool isAlive) =>
        models.Select((m, place) => new Offer(m with { Loaded = m.Loaded && isAlive }, node, isAlive, EngineProfile.IsOfGpu(m.Engine), place));

    /// <param name="Model">As the node says.</param>
    /// <param name="Node">Its name.</param>
    /// <param name="IsAlive">Whether it was heard of lately.</param>
    /// <param name="HasGpu">Whether it computes the model on one.</param>
    /// <param name="Place">Of the model in the node's own order.</param>
    private sealed record Offer(MusicModel Model, string Node, bool IsAlive, bool HasGpu, int Place);
}
