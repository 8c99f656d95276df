using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Nodes;

namespace MusicGen.Application.Nodes.DrainNode;

/// <summary>Has a node take no new task, also after a restart; what it works on is finished. A lost one finds the order when it is back.</summary>
[AuditAction("nodes.drain")]
public sealed record DrainNodeCommand(string Node) : ICommand<None>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => NodeNames.AuditSubject(Node);
}

internal sealed class DrainNodeCommandValidator : AbstractValidator<DrainNodeCommand>
{
    public DrainNodeCommandValidator() => RuleFor(c => c.Node).NodeName();
}

internal sealed class DrainNodeCommandHandler(INodeRegistry nodes) : IRequestHandler<DrainNodeCommand, Result<None>>
{
    public async Task<Result<None>> Handle(DrainNodeCommand command, CancellationToken ct)
    {
        if ((await nodes.ReadAsync(ct)).Find(command.Node) is null)
            return NodeErrors.NotFound;

        await nodes.GiveAsync(NodeOrder.Drain(command.Node), ct);
        return default(None);
    }
}
