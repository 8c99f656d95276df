using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.RevokeKey;

/// <summary>Ends a signing key and every token that it signed, now.</summary>
[AuditAction("identity.revoke_key")]
public sealed record RevokeKeyCommand(string Kid) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => $"key:{Kid}";
}

internal sealed class RevokeKeyCommandValidator : AbstractValidator<RevokeKeyCommand>
{
    public RevokeKeyCommandValidator() => RuleFor(c => c.Kid).NotEmpty().MaximumLength(64);
}

internal sealed class RevokeKeyCommandHandler(ISigningKeyRing ring) : IRequestHandler<RevokeKeyCommand, Result<None>>
{
    public async Task<Result<None>> Handle(RevokeKeyCommand command, CancellationToken ct) =>
        await ring.RevokeAsync(command.Kid, ct) ? default(None) : IdentityErrors.KeyNotFound;
}
