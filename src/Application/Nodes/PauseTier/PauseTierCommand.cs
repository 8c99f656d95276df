using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Nodes.PauseTier;

/// <summary>Lets the tasks of a tier wait: no node takes one until it is resumed. Those that run are finished.</summary>
[AuditAction("nodes.pause_tier")]
public sealed record PauseTierCommand(string Tier) : ICommand<None>, IRequiresRecentProof, IAuditedSubject
{
    public string? AuditSubject => TierNames.TryParse(Tier, out var tier) ? $"tier:{tier.Name()}" : null;
}

internal sealed class PauseTierCommandValidator : AbstractValidator<PauseTierCommand>
{
    public PauseTierCommandValidator() =>
        RuleFor(c => c.Tier).Must(t => TierNames.TryParse(t, out _)).WithMessage("Choose free, premium or enterprise.");
}

internal sealed class PauseTierCommandHandler(INodeRegistry nodes) : IRequestHandler<PauseTierCommand, Result<None>>
{
    public async Task<Result<None>> Handle(PauseTierCommand command, CancellationToken ct)
    {
        if (TierNames.TryParse(command.Tier, out var tier))
            await nodes.GiveAsync(NodeOrder.Pause(tier), ct);
        return default(None);
    }
}
