using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Nodes;

namespace MusicGen.Application.Nodes.ResumeNode;

/// <summary>Lets a node take tasks again. One that nobody has heard of for long can be named, too: its order stands still.</summary>
[AuditAction("nodes.resume")]
public sealed record ResumeNodeCommand(string Node) : ICommand<None>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => NodeNames.AuditSubject(Node);
}

internal sealed class ResumeNodeCommandValidator : AbstractValidator<ResumeNodeCommand>
{
    public ResumeNodeCommandValidator() => RuleFor(c => c.Node).NodeName();
}

internal sealed class ResumeNodeCommandHandler(INodeRegistry nodes) : IRequestHandler<ResumeNodeCommand, Result<None>>
{
    public async Task<Result<None>> Handle(ResumeNodeCommand command, CancellationToken ct)
    {
        var board = await nodes.ReadAsync(ct);
        if (!board.IsToDrain(command.Node) && board.Find(command.Node) is null)
            return NodeErrors.NotFound;

        await nodes.WithdrawAsync(NodeOrder.Drain(command.Node), ct);
        return default(None);
    }
}
