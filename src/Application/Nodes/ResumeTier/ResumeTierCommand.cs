using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Nodes.ResumeTier;

/// <summary>Lets the nodes take the tasks of a tier again.</summary>
[AuditAction("nodes.resume_tier")]
public sealed record ResumeTierCommand(string Tier) : ICommand<None>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => TierNames.TryParse(Tier, out var tier) ? $"tier:{tier.Name()}" : null;
}

internal sealed class ResumeTierCommandValidator : AbstractValidator<ResumeTierCommand>
{
    public ResumeTierCommandValidator() =>
        RuleFor(c => c.Tier).Must(t => TierNames.TryParse(t, out _)).WithMessage("Choose free, premium or enterprise.");
}

internal sealed class ResumeTierCommandHandler(INodeRegistry nodes) : IRequestHandler<ResumeTierCommand, Result<None>>
{
    public async Task<Result<None>> Handle(ResumeTierCommand command, CancellationToken ct)
    {
        if (TierNames.TryParse(command.Tier, out var tier))
            await nodes.WithdrawAsync(NodeOrder.Pause(tier), ct);
        return default(None);
    }
}
