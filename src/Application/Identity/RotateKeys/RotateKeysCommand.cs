using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.RotateKeys;

/// <summary>Announces a new signing key.</summary>
[AuditAction("identity.rotate_keys")]
public sealed record RotateKeysCommand : ICommand<KeyRotated>;

public sealed record KeyRotated(SigningKeyView Key) : IAuditedResult
{
    public string? AuditSubject => $"key:{Key.Kid}";
}

internal sealed class RotateKeysCommandHandler(ISigningKeyRing ring) : IRequestHandler<RotateKeysCommand, Result<KeyRotated>>
{
    public async Task<Result<KeyRotated>> Handle(RotateKeysCommand command, CancellationToken ct) =>
        new KeyRotated(await ring.RotateAsync(ct));
}
