namespace MusicGen.Domain.Nodes;

public static class NodeErrors
{
    public static readonly Error NotFound =
        new("node.not_found", "There is no such node. GET /api/v1/admin/nodes, or \"nodes list\", shows those that were heard of in the last ten minutes.", ErrorKind.NotFound);

    public static readonly Error Lost =
        new("node.lost", "This node is silent or has stopped, so it can do nothing now. See whether its process runs and reaches Redis; then try again.", ErrorKind.Conflict);

    public static readonly Error ModelBuiltIn =
        new("model.built_in", "This model is a part of the program: it is always there, and holds no memory to speak of.", ErrorKind.Conflict);

    public static readonly Error ModelNotFound =
        new("model.not_found", "This node has no such model. GET /api/v1/admin/nodes, or \"nodes list\", shows what it has; \"models pull\" on its machine brings more.", ErrorKind.NotFound)
        {
            Fields = new Dictionary<string, string[]> { ["model"] = ["This node has no such model."] },
        };
}
