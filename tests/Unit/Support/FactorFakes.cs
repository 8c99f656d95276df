using System.Text.Json;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;
using OtpNet;

namespace MusicGen.Unit.Support;

/// <summary>Challenges as Redis keeps them, as text; nothing expires by itself.</summary>
internal sealed class FakeChallenges : IChallenges
{
    private int _count;

    public Dictionary<(ChallengeKind Kind, string Name), string> Kept { get; } = [];

    public async Task<string> OpenAsync<T>(ChallengeKind kind, T content, CancellationToken ct)
        where T : class
    {
        var name = $"challenge-{++_count}";
        await PutAsync(kind, name, content, ct);
        return name;
    }

    public Task PutAsync<T>(ChallengeKind kind, string name, T content, CancellationToken ct)
        where T : class
    {
        Kept[(kind, name)] = JsonSerializer.Serialize(content);
        return Task.CompletedTask;
    }

    public Task<T?> FindAsync<T>(ChallengeKind kind, string name, CancellationToken ct)
        where T : class => Task.FromResult(Kept.TryGetValue((kind, name), out var text) ? JsonSerializer.Deserialize<T>(text) : null);

    public async Task<T?> TakeAsync<T>(ChallengeKind kind, string name, CancellationToken ct)
        where T : class
    {
        var found = await FindAsync<T>(kind, name, ct);
        Kept.Remove((kind, name));
        return found;
    }
}

internal sealed class FakeFactorThrottle : IFactorThrottle
{
    public List<string> Log { get; } = [];

    public TimeSpan? Wait { get; set; }

    public Task<IFactorAttempt> BeginAsync(UserId user, CancellationToken ct)
    {
        Log.Add("begin");
        return Task.FromResult<IFactorAttempt>(new Attempt(this));
    }

    private sealed class Attempt(FakeFactorThrottle throttle) : IFactorAttempt
    {
        public bool IsAllowed => throttle.Wait is null;

        public TimeSpan RetryAfter => throttle.Wait ?? TimeSpan.Zero;

        public Task SucceededAsync(CancellationToken ct)
        {
            throttle.Log.Add("succeeded");
            return Task.CompletedTask;
        }
    }
}

/// <summary>Passkeys whose credential is the text <c>USER CREDENTIAL</c>; the real ceremonies run in a browser's tests.</summary>
internal sealed class FakePasskeys : IPasskeyCeremonies
{
    /// <summary>Whether each question for a passkey insisted on a verified user.</summary>
    public List<bool> Verifications { get; } = [];

    public static string Credential(User user, string id) => $"{user.Id} {id}";

    public Task<PasskeyOptions> MakeCreationOptionsAsync(User user, CancellationToken ct) =>
        Task.FromResult(new PasskeyOptions("{\"create\":true}", "new"));

    public Task<PasskeyOptions> MakeRequestOptionsAsync(User? user, bool userVerification, CancellationToken ct)
    {
        Verifications.Add(userVerification);
        return Task.FromResult(new PasskeyOptions("{\"get\":true}", $"state of {user?.Username ?? "anybody"}"));
    }

    public Task<PasskeyCredential?> AttestAsync(string credential, string state, CancellationToken ct) =>
        Task.FromResult(credential == "bad" || state != "new"
            ? null
            : new PasskeyCredential(Bytes(credential.Split(' ')[1]), [1], 0, "internal", true, false, false, [2], [3]));

    public Task<PasskeyAssertion?> AssertAsync(string credential, string state, bool userVerification, CancellationToken ct)
    {
        Verifications.Add(userVerification);
        var parts = credential.Split(' ');
        return Task.FromResult(UserId.TryParse(parts[0], out var user) ? new PasskeyAssertion(user, Bytes(parts[1]), 7, userVerification, false) : null);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}

/// <summary>The real seal and the real codes, and the app that a person holds.</summary>
internal static class Authenticators
{
    public static ITotp Totp { get; } = new OtpTotp(Secrets("a secret of at least thirty-two characters"));

    public static SecretKeys Secrets(string secret, string? previous = null) =>
        new(Options.Create(new JwtOptions { SecretKey = secret, PreviousSecretKey = previous }));

    /// <summary>What the app with that secret shows at a moment.</summary>
    public static string CodeOf(string secret, DateTimeOffset at) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(at.UtcDateTime);
}
