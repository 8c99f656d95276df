using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Nodes.ListNodes;

/// <summary>The nodes of the service, by name, as they are now.</summary>
public sealed record ListNodesQuery : IQuery<NodeList>;

internal sealed class ListNodesQueryHandler(INodeRegistry nodes) : IRequestHandler<ListNodesQuery, Result<NodeList>>
{
    public async Task<Result<NodeList>> Handle(ListNodesQuery query, CancellationToken ct)
    {
        var board = await nodes.ReadAsync(ct);
        return new NodeList([.. board.Nodes.Select(n => NodeView.Of(n, board))], [.. board.ForgottenToDrain]);
    }
}
