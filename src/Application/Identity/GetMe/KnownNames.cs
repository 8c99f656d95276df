using Microsoft.Extensions.Caching.Memory;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity.GetMe;

/// <summary>
/// The names of accounts that asked a moment ago. An account never changes its address or username, so what was read once
/// stays right; role, tier and standing do change, and are never kept here.
/// </summary>
internal sealed class KnownNames : IDisposable
{
    private const int Most = 10_000;

    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _names = new(new MemoryCacheOptions { SizeLimit = Most });

    public AccountNames? Find(UserId id) => _names.TryGetValue<AccountNames>(id, out var names) ? names : null;

    public void Keep(User user) => _names.Set(
        user.Id,
        new AccountNames(user.Id.ToString(), user.Email.Value, user.Username, user.IsVerified),
        new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = KeptFor });

    public void Dispose() => _names.Dispose();
}

/// <summary>What of an account never changes.</summary>
internal sealed record AccountNames(string Id, string Email, string Username, bool IsVerified);
