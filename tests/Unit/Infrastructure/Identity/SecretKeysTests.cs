using Microsoft.Extensions.Options;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Unit.Infrastructure.Identity;

public sealed class SecretKeysTests
{
    private const string Old = "the old secret of thirty-two characters or more";
    private const string New = "the new secret of thirty-two characters or more";

    [Fact]
    public void A_signature_is_for_one_purpose_and_one_message()
    {
        var keys = Keys(New);

        var signature = keys.Sign("csrf", "message");

        Assert.Equal(signature, keys.Sign("csrf", "message"));
        Assert.True(keys.Verify("csrf", "message", signature));
        Assert.False(keys.Verify("device", "message", signature));
        Assert.False(keys.Verify("csrf", "message.", signature));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAA.AAAA")]
    public void A_malformed_signature_is_none(string signature)
    {
        var keys = Keys(New);

        Assert.False(keys.Verify("csrf", "message", signature));
        Assert.False(keys.Verify("csrf", "message", $"{keys.CurrentId}.{signature}"));
        Assert.False(keys.Verify("csrf", "message", keys.Sign("csrf", "message") + new string('A', 5000)));
    }

    [Fact]
    public void What_the_previous_secret_made_holds_while_it_is_set()
    {
        var signature = Keys(Old).Sign("csrf", "message");
        var box = Keys(Old).Seal("keys", "content"u8, "name");

        Assert.True(Keys(New, Old).Verify("csrf", "message", signature));
        Assert.Equal("content"u8.ToArray(), Keys(New, Old).Open("keys", box, "name"));
        Assert.False(Keys(New, Old).IsCurrent(box));
        Assert.False(Keys(New).Verify("csrf", "message", signature));
        Assert.Null(Keys(New).Open("keys", box, "name"));
    }

    [Fact]
    public void A_box_opens_under_its_purpose_and_name_alone_and_not_when_touched()
    {
        var keys = Keys(New);
        var box = keys.Seal("keys", "content"u8, "name");

        Assert.Equal("content"u8.ToArray(), keys.Open("keys", box, "name"));
        Assert.Null(keys.Open("keys", box, "another"));
        Assert.Null(keys.Open("totp", box, "name"));
        Assert.Null(keys.Open("keys", box[..^2] + (box[^2] == 'A' ? "BA" : "AA"), "name"));
        Assert.Null(keys.Open("keys", keys.CurrentId + ".AAAA", "name"));
    }

    [Fact]
    public void No_nonce_comes_twice()
    {
        var keys = Keys(New);

        var nonces = Enumerable.Range(0, 20_000).AsParallel()
            .Select(_ => Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(keys.Seal("totp", "seed"u8, "name").Split('.')[1]).AsSpan(0, 12)))
            .ToHashSet(StringComparer.Ordinal);

        Assert.Equal(20_000, nonces.Count);
    }

    // Many threads at once, as under load: nothing repeats and no bit of it is always the same.
    [Fact]
    public void Random_values_are_all_different_under_load()
    {
        var ids = Enumerable.Range(0, 50_000).AsParallel().WithDegreeOfParallelism(16).Select(_ => SessionId.New().ToString()).ToList();

        Assert.Equal(50_000, ids.Distinct(StringComparer.Ordinal).Count());
        var bytes = ids.Select(i => System.Buffers.Text.Base64Url.DecodeFromChars(i)).ToList();
        Assert.All(Enumerable.Range(0, bytes[0].Length * 8), bit => Assert.InRange(bytes.Count(b => (b[bit / 8] >> (bit % 8) & 1) == 1), 24_000, 26_000)); // 9 sigma
    }

    [Fact]
    public void A_device_cookie_holds_the_last_five_accounts_and_no_change()
    {
        var keys = Keys(New);
        var cookie = DeviceCookie.New();
        for (var i = 0; i < 6; i++)
            cookie = cookie.With(keys, Email.Normalise($"user{i}@example.org"));

        var read = DeviceCookie.Read(keys, cookie.Write(keys))!;

        Assert.Equal(cookie.Id, read.Id);
        Assert.False(read.Knows(keys, Email.Normalise("user0@example.org")));
        Assert.All(Enumerable.Range(1, 5), i => Assert.True(read.Knows(keys, Email.Normalise($"user{i}@example.org"))));
        Assert.Null(DeviceCookie.Read(keys, "x" + cookie.Write(keys)));
        Assert.Null(DeviceCookie.Read(keys, "~~"));
        Assert.Null(DeviceCookie.Read(keys, null));
        Assert.DoesNotContain("example", cookie.Write(keys), StringComparison.Ordinal);
    }

    private static SecretKeys Keys(string secret, string? previous = null) =>
        new(Options.Create(new JwtOptions { SecretKey = secret, PreviousSecretKey = previous }));
}
