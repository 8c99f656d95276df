using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;
using MusicGen.Unit.Support;
using OtpNet;

namespace MusicGen.Unit.Infrastructure.Identity;

/// <summary>RFC 6238 over sealed seeds.</summary>
public sealed class TotpTests
{
    private const string Now = "now: at least thirty-two characters long";
    private const string Before = "before: at least thirty-two characters long";

    private static readonly UserId Ada = new(Guid.Parse("0197a1b2-0000-7000-8000-000000000001"));

    // The last six digits of the RFC's eight (appendix B, SHA-1).
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void The_RFCs_own_codes_pass_and_name_their_step(long seconds, string code)
    {
        var secrets = Authenticators.Secrets(Now);
        var box = secrets.Seal("totp", "12345678901234567890"u8, Ada.ToString());
        var at = DateTimeOffset.FromUnixTimeSeconds(seconds);

        Assert.Equal(seconds / 30, new OtpTotp(secrets).StepOf(Ada, box, code, at));
        Assert.Equal(seconds / 30, new OtpTotp(secrets).StepOf(Ada, box, code, at.AddSeconds(30)));
        Assert.Null(new OtpTotp(secrets).StepOf(Ada, box, code, at.AddSeconds(61)));
    }

    [Fact]
    public void A_new_seed_has_160_random_bits_and_is_the_same_typed_scanned_and_sealed()
    {
        var totp = new OtpTotp(Authenticators.Secrets(Now));

        var made = totp.Create(Ada, "ada+music@example.org");

        Assert.Equal(20, Base32Encoding.ToBytes(made.Secret).Length);
        Assert.StartsWith("otpauth://totp/MusicGen:ada%2Bmusic%40example.org?", made.Uri, StringComparison.Ordinal);
        Assert.Contains($"secret={made.Secret}", made.Uri, StringComparison.Ordinal);
        Assert.Contains("issuer=MusicGen", made.Uri, StringComparison.Ordinal);
        var at = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.NotNull(totp.StepOf(Ada, made.SealedSeed, Authenticators.CodeOf(made.Secret, at), at));
        Assert.NotEqual(made.Secret, totp.Create(Ada, "ada+music@example.org").Secret);
    }

    [Fact]
    public void The_QR_code_is_a_square_with_its_three_corners_and_no_quiet_zone()
    {
        var qr = new OtpTotp(Authenticators.Secrets(Now)).Create(Ada, "ada@example.org").Qr;

        Assert.All(qr, row => Assert.Equal(qr.Count, row.Length));
        Assert.Equal(1, qr.Count % 4); // 17 + 4 for each version
        foreach (var (row, column) in ((int, int)[])[(0, 0), (0, qr.Count - 7), (qr.Count - 7, 0)])
        {
            Assert.Equal("1111111", qr[row].Substring(column, 7));
            Assert.Equal("1000001", qr[row + 1].Substring(column, 7));
            Assert.Equal("1011101", qr[row + 3].Substring(column, 7));
        }
    }

    [Fact]
    public void A_seed_opens_for_its_user_only_and_under_the_previous_secret_until_it_is_sealed_anew()
    {
        var old = new OtpTotp(Authenticators.Secrets(Before)).Create(Ada, "ada@example.org");
        var both = new OtpTotp(Authenticators.Secrets(Now, Before));
        var at = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var code = Authenticators.CodeOf(old.Secret, at);

        Assert.NotNull(both.StepOf(Ada, old.SealedSeed, code, at));
        Assert.Throws<InvalidOperationException>(() => both.StepOf(UserId.New(at), old.SealedSeed, code, at));
        var anew = both.Reseal(Ada, old.SealedSeed)!;
        Assert.NotNull(new OtpTotp(Authenticators.Secrets(Now)).StepOf(Ada, anew, code, at));
        Assert.Null(both.Reseal(Ada, anew));
        Assert.Null(new OtpTotp(Authenticators.Secrets(Now)).Reseal(Ada, old.SealedSeed));
    }
}
