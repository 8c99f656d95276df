using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Whoever runs a command: the operating system vouches for them, the audit trail names them.</summary>
internal sealed class OperatorUser(string name) : ICurrentUser
{
    public UserId? Id => null;

    public Role Role => Role.Admin;

    public Tier Tier => Tier.Free;

    public SessionId? Session => null;

    public DateTimeOffset? SteppedUpAt => null;

    public AccessTokenIdentity? AccessToken => null;

    public string Actor { get; } = $"operator:{name}";

    public string? Address => null;

    public string? UserAgent => null;

    public string? DeviceCookie => null;

    public string? TraceId => null;
}
