using System.Buffers.Text;
using System.Security.Cryptography;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// A device's random id, signed together with the accounts that signed in on it, five at most (OWASP's device cookie).
/// Accounts stand in it as keyed hashes. On the wire: <c>ID~ACCOUNT~…~SIGNATURE</c>.
/// </summary>
/// <param name="Id">128 random bits in base64url.</param>
/// <param name="Accounts">Keyed hashes of e-mail addresses, the latest first.</param>
internal sealed record DeviceCookie(string Id, IReadOnlyList<string> Accounts)
{
    private const int MaxAccounts = 5;
    private const char Separator = '~';
    private const string CookiePurpose = "device";
    private const string AccountPurpose = "device-account";

    /// <summary>A device that nobody has seen.</summary>
    public static DeviceCookie New() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), []);

    /// <summary>Null for anything that we didn't sign.</summary>
    public static DeviceCookie? Read(IMessageAuthenticator authenticator, string? value)
    {
        if (value is null || value.LastIndexOf(Separator) is var end && end <= 0)
            return null;
        var content = value[..end];
        if (!authenticator.Verify(CookiePurpose, content, value[(end + 1)..]))
            return null;
        var parts = content.Split(Separator);
        return new DeviceCookie(parts[0], parts[1..]);
    }

    public bool Knows(IMessageAuthenticator authenticator, Email email) =>
        Accounts.Any(account => authenticator.Verify(AccountPurpose, email.Value, account));

    public DeviceCookie With(IMessageAuthenticator authenticator, Email email) => this with
    {
        Accounts = [authenticator.Sign(AccountPurpose, email.Value), .. Accounts.Where(a => !authenticator.Verify(AccountPurpose, email.Value, a)).Take(MaxAccounts - 1)],
    };

    public string Write(IMessageAuthenticator authenticator)
    {
        var content = string.Join(Separator, [Id, .. Accounts]);
        return $"{content}{Separator}{authenticator.Sign(CookiePurpose, content)}";
    }
}
