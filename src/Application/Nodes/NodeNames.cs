using FluentValidation;

namespace MusicGen.Application.Nodes;

/// <summary>How requests name a node, and a model on it.</summary>
internal static class NodeNames
{
    /// <summary>As long as a NODE_NAME may be.</summary>
    private const int MaxLength = 64;

    private const int MaxModelLength = 150; // with a node's name it fits into the audit trail's subject

    public static string? AuditSubject(string? node) => IsOne(node) ? $"node:{node}" : null;

    public static string? AuditSubject(string? node, string? model) =>
        IsOne(node) && model is { Length: > 0 and <= MaxModelLength } ? $"node:{node}/model:{model}" : AuditSubject(node);

    public static IRuleBuilderOptions<T, string> NodeName<T>(this IRuleBuilder<T, string> rule) => rule.NotEmpty().MaximumLength(MaxLength);

    public static IRuleBuilderOptions<T, string> ModelId<T>(this IRuleBuilder<T, string> rule) => rule.NotEmpty().MaximumLength(MaxModelLength);

    public static KnownNode? Find(this NodeBoard board, string node) => board.Nodes.FirstOrDefault(n => n.State.Name == node);

    private static bool IsOne(string? node) => node is { Length: > 0 and <= MaxLength };
}
