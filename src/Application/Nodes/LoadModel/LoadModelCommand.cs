using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Nodes.LoadModel;

/// <summary>Has a node load a model ahead of its first song. How that went is seen at the node: the model is loaded, or a problem says why not.</summary>
[AuditAction("nodes.load_model")]
public sealed record LoadModelCommand(string Node, string Model) : ICommand<None>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => NodeNames.AuditSubject(Node, Model);
}

internal sealed class LoadModelCommandValidator : AbstractValidator<LoadModelCommand>
{
    public LoadModelCommandValidator()
    {
        RuleFor(c => c.Node).NodeName();
        RuleFor(c => c.Model).ModelId();
    }
}

internal sealed class LoadModelCommandHandler(INodeRegistry nodes) : IRequestHandler<LoadModelCommand, Result<None>>
{
    public async Task<Result<None>> Handle(LoadModelCommand command, CancellationToken ct)
    {
        if (NodeModel.RefusalOf(await nodes.ReadAsync(ct), command.Node, command.Model) is { } refusal)
            return refusal;

        // Of two that contradict each other the later one counts.
        await nodes.WithdrawAsync(NodeOrder.Unload(command.Node, command.Model), ct);
        await nodes.GiveAsync(NodeOrder.Load(command.Node, command.Model), ct);
        return default(None);
    }
}
