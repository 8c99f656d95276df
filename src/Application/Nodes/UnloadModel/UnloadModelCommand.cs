using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Nodes.UnloadModel;

/// <summary>Has a node unload a model as soon as no song uses it.</summary>
[AuditAction("nodes.unload_model")]
public sealed record UnloadModelCommand(string Node, string Model) : ICommand<None>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => NodeNames.AuditSubject(Node, Model);
}

internal sealed class UnloadModelCommandValidator : AbstractValidator<UnloadModelCommand>
{
    public UnloadModelCommandValidator()
    {
        RuleFor(c => c.Node).NodeName();
        RuleFor(c => c.Model).ModelId();
    }
}

internal sealed class UnloadModelCommandHandler(INodeRegistry nodes) : IRequestHandler<UnloadModelCommand, Result<None>>
{
    public async Task<Result<None>> Handle(UnloadModelCommand command, CancellationToken ct)
    {
        if (NodeModel.RefusalOf(await nodes.ReadAsync(ct), command.Node, command.Model) is { } refusal)
            return refusal;

        // Of two that contradict each other the later one counts.
        await nodes.WithdrawAsync(NodeOrder.Load(command.Node, command.Model), ct);
        await nodes.GiveAsync(NodeOrder.Unload(command.Node, command.Model), ct);
        return default(None);
    }
}
