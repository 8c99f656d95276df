using System.Collections;
using System.Security.Cryptography;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;
using OtpNet;
using QRCoder;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Codes by Otp.NET, QR modules by QRCoder, seeds sealed under a key of their own with the user's id as their name.</summary>
internal sealed class OtpTotp(SecretKeys secrets) : ITotp
{
    private const string Purpose = "totp";
    private const string Issuer = "MusicGen";
    private const int SeedBytes = 20; // as long as the HMAC's output (RFC 4226 section 4)
    private const int QuietZone = 4;  // modules, which the library draws around every code

    public NewAuthenticator Create(UserId user, string account)
    {
        var seed = RandomNumberGenerator.GetBytes(SeedBytes);
        var uri = new OtpUri(OtpType.Totp, seed, account, Issuer).ToString();
        return new NewAuthenticator(secrets.Seal(Purpose, seed, user.ToString()), Base32Encoding.ToString(seed).TrimEnd('='), uri, Modules(uri));
    }

    public long? StepOf(UserId user, string sealedSeed, string code, DateTimeOffset now)
    {
        var seed = secrets.Open(Purpose, sealedSeed, user.ToString())
            ?? throw new InvalidOperationException("An authenticator app's seed opens under no secret that we have: set JWT_SECRET_KEY_PREVIOUS to the one before.");
        return new Totp(seed).VerifyTotp(now.UtcDateTime, code, out var step, new VerificationWindow(previous: 1, future: 1)) ? step : null;
    }

    public string? Reseal(UserId user, string sealedSeed) =>
        !secrets.IsCurrent(sealedSeed) && secrets.Open(Purpose, sealedSeed, user.ToString()) is { } seed
            ? secrets.Seal(Purpose, seed, user.ToString())
            : null;

    private static string[] Modules(string text)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        return [.. code.ModuleMatrix.Skip(QuietZone).SkipLast(QuietZone).Select(Row)];
    }

    private static string Row(BitArray modules) =>
        new([.. modules.Cast<bool>().Skip(QuietZone).SkipLast(QuietZone).Select(isDark => isDark ? '1' : '0')]);
}
