using MusicGen.Application.Identity;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Unit.Support;

/// <summary>Hashes at once and in the open; remembers what it compared, so that tests see that the work was done.</summary>
internal sealed class FakePasswordHasher : IPasswordHasher
{
    public const string Today = "today:";

    public List<string?> Compared { get; } = [];

    public Error? Busy { get; set; }

    /// <summary>Runs while a password is hashed, as somebody else would.</summary>
    public Func<Task>? WhileHashing { get; set; }

    public async Task<Result<string>> HashAsync(string password, CancellationToken ct)
    {
        if (WhileHashing is not null)
            await WhileHashing();
        return Busy is null ? Today + password : Busy;
    }

    public Task<Result<PasswordMatch>> VerifyAsync(string? hash, string password, CancellationToken ct)
    {
        Compared.Add(hash);
        if (Busy is not null)
            return Task.FromResult<Result<PasswordMatch>>(Busy);
        var matches = hash is not null && hash[(hash.IndexOf(':', StringComparison.Ordinal) + 1)..] == password;
        return Task.FromResult<Result<PasswordMatch>>(new PasswordMatch(matches, matches && !hash!.StartsWith(Today, StringComparison.Ordinal)));
    }
}

internal sealed class FakeThrottle : ISignInThrottle
{
    public List<string> Log { get; } = [];

    public TimeSpan? Wait { get; set; }

    public Task<ISignInAttempt> BeginAsync(Email email, CancellationToken ct)
    {
        Log.Add($"begin {email}");
        return Task.FromResult<ISignInAttempt>(new Attempt(this));
    }

    /// <summary>Whether the caller's device is no stranger's.</summary>
    public bool Knows { get; set; } = true;

    public bool IsKnownDevice(Email email) => Knows;

    public string TrustDevice(Email email) => $"trusted {email}";

    public string RememberDevice(Email email) => $"remembered {email}";

    private sealed class Attempt(FakeThrottle throttle) : ISignInAttempt
    {
        public bool IsAllowed => throttle.Wait is null;

        public TimeSpan RetryAfter => throttle.Wait ?? TimeSpan.Zero;

        public Task<string> SucceededAsync(UserId user, CancellationToken ct)
        {
            throttle.Log.Add("succeeded");
            return Task.FromResult("device");
        }

        public Task ReturnAsync(CancellationToken ct)
        {
            throttle.Log.Add("returned");
            return Task.CompletedTask;
        }
    }
}

internal sealed class FakeSessionStore : ISessionStore
{
    public List<SessionReference> Open { get; } = [];

    /// <summary>Where the last one was opened from.</summary>
    public SessionOrigin? LastOrigin { get; private set; }

    public List<SessionReference> SteppedUp { get; } = [];

    /// <summary>By what the last step-up was proved.</summary>
    public SessionProof? LastProof { get; private set; }

    public List<User> Refreshed { get; } = [];

    public Dictionary<string, Result<OpenSession>> Rotations { get; } = [];

    public Dictionary<string, SessionReference> RefreshTokens { get; } = [];

    /// <summary>Runs while a session is being opened, as somebody else would.</summary>
    public Func<Task>? WhileOpening { get; set; }

    public async Task<OpenSession> OpenAsync(User user, SessionOrigin origin, bool remembered, CancellationToken ct)
    {
        if (WhileOpening is not null)
            await WhileOpening();
        var session = new OpenSession(user.Id, SessionId.New(), 0, remembered, "refresh", TimeSpan.FromDays(7));
        Open.Add(new SessionReference(user.Id, session.Id));
        LastOrigin = origin;
        return session;
    }

    public Task<Result<OpenSession>> RotateAsync(string refreshToken, CancellationToken ct) => Task.FromResult(Rotations[refreshToken]);

    public SessionReference? Read(string? refreshToken) => refreshToken is null ? null : RefreshTokens.GetValueOrDefault(refreshToken);

    public Task<bool> CloseAsync(UserId user, SessionId session, CancellationToken ct) =>
        Task.FromResult(Open.Remove(new SessionReference(user, session)));

    public Task<int> CloseAllAsync(UserId user, SessionId? except, CancellationToken ct) =>
        Task.FromResult(Open.RemoveAll(s => s.User == user && s.Session != except));

    public Task<IReadOnlyList<SessionSummary>> ListAsync(UserId user, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<SessionSummary>>([.. Open.Where(s => s.User == user)
            .Select(s => new SessionSummary(s.Session, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, "203.0.113.7", "Firefox"))]);

    public Task<bool> IsAliveAsync(UserId user, SessionId session, CancellationToken ct) =>
        Task.FromResult(Open.Contains(new SessionReference(user, session)));

    public Task<DateTimeOffset?> StepUpAsync(UserId user, SessionId session, SessionProof proof, CancellationToken ct)
    {
        var reference = new SessionReference(user, session);
        if (!Open.Contains(reference))
            return Task.FromResult<DateTimeOffset?>(null);
        SteppedUp.Add(reference);
        LastProof = proof;
        return Task.FromResult<DateTimeOffset?>(DateTimeOffset.UnixEpoch);
    }

    public Task RefreshAccountAsync(User user, CancellationToken ct)
    {
        Refreshed.Add(user);
        if (user.IsDisabled)
            Open.RemoveAll(s => s.User == user.Id);
        return Task.CompletedTask;
    }
}

internal sealed class FakeMailer : IMailer
{
    public bool IsAvailable { get; set; } = true;

    public List<(string To, string Subject, string Text)> Sent { get; } = [];

    public Task SendAsync(string to, string subject, string text, CancellationToken ct)
    {
        Sent.Add((to, subject, text));
        return Task.CompletedTask;
    }

    /// <summary>The token at the end of the link of the last mail.</summary>
    public string LastToken() => Sent[^1].Text.Split('#')[1].Split('\n')[0].TrimEnd();
}

/// <summary>Allows everything but what a test says; counts per subject.</summary>
internal sealed class FakeGate : IRequestGate
{
    public Dictionary<(StrictLimit, string), int> Counted { get; } = [];

    public int Allowed { get; set; } = int.MaxValue;

    public HashSet<string> LivingTokens { get; } = [];

    public Task<TimeSpan?> CountStrictAsync(StrictLimit name, string subject, CancellationToken ct)
    {
        var count = Counted[(name, subject)] = Counted.GetValueOrDefault((name, subject)) + 1;
        return Task.FromResult<TimeSpan?>(count > Allowed ? TimeSpan.FromMinutes(10) : null);
    }

    public Task<GateDecision> CheckAsync(UserId user, SessionId session, string jti, long counter, string? address, RateBucket bucket, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<GateDecision> CheckAsync(PersonalTokenValue token, string address, RateBucket bucket, CancellationToken ct) => throw new NotSupportedException();

    public Task<bool> IsAliveAsync(UserId user, string tokenHash, CancellationToken ct) => Task.FromResult(LivingTokens.Contains(tokenHash));

    public Task<GateDecision> CountAsync(SessionReference caller, RateBucket bucket, CancellationToken ct) => throw new NotSupportedException();

    public Task<GateDecision> CountAsync(string address, bool isInternal, RateBucket bucket, CancellationToken ct) => throw new NotSupportedException();
}

internal sealed class FakeTokens : IAccessTokenIssuer, ITokenBlacklist, IMessageAuthenticator, IBreachedPasswords
{
    public const string Breached = "a breached password";

    public List<string> Blacklisted { get; } = [];

    public Task<AccessToken> IssueAsync(User user, SessionId session, long counter, bool remembered, CancellationToken ct) =>
        Task.FromResult(new AccessToken($"{user.Tier.Name()} {session} {counter}", "jti", DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(remembered ? 60 : 15)));

    public Task AddAsync(UserId user, string jti, DateTimeOffset expiresAt, CancellationToken ct)
    {
        Blacklisted.Add(jti);
        return Task.CompletedTask;
    }

    public Task<bool> ContainsAsync(UserId user, string jti, CancellationToken ct) => Task.FromResult(Blacklisted.Contains(jti));

    public string Sign(string purpose, string message) => $"{purpose}:{message}";

    public bool Verify(string purpose, string message, string signature) => signature == Sign(purpose, message);

    public bool Contains(string password) => password == Breached;
}

internal sealed class FakeCaller : ICurrentUser
{
    public UserId? Id { get; set; }

    public Role Role { get; set; }

    public Tier Tier { get; set; }

    public SessionId? Session { get; set; }

    public DateTimeOffset? SteppedUpAt { get; set; }

    public DateTimeOffset? ProvedAt { get; set; }

    public AccessTokenIdentity? AccessToken { get; set; }

    public string Actor => Id?.ToString() ?? "anonymous";

    public string? Address => "203.0.113.7";

    public string? UserAgent => "Firefox";

    public string? DeviceCookie { get; set; }

    public string? TraceId => "trace";
}
