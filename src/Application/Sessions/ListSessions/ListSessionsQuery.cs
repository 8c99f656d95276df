using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Sessions.ListSessions;

/// <summary>The caller's living sessions, the latest seen first.</summary>
public sealed record ListSessionsQuery : IQuery<SessionList>;

public sealed record SessionList(IReadOnlyList<SessionView> Items);

/// <param name="Id">Names it for revoking.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="LastSeenAt">When it was last used.</param>
/// <param name="Ip">Where it was opened from.</param>
/// <param name="UserAgent">With what.</param>
/// <param name="Device">The same for people, as in "Firefox on Windows".</param>
/// <param name="Current">Whether it is the caller's own.</param>
public sealed record SessionView(
    string Id, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, string? Ip, string? UserAgent, string Device, bool Current);

internal sealed class ListSessionsQueryHandler(ISessionStore sessions, ICurrentUser caller) : IRequestHandler<ListSessionsQuery, Result<SessionList>>
{
    public async Task<Result<SessionList>> Handle(ListSessionsQuery query, CancellationToken ct)
    {
        var living = await sessions.ListAsync(caller.Required, ct);
        return new SessionList([.. living.Select(s =>
            new SessionView(s.Id.ToString(), s.CreatedAt, s.LastSeenAt, s.Address, s.UserAgent, DeviceName.Of(s.UserAgent), s.Id == caller.Session))]);
    }
}
