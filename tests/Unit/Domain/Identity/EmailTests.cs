using FsCheck.Xunit;
using MimeKit;
using MusicGen.Domain.Identity;

namespace MusicGen.Unit.Domain.Identity;

public sealed class EmailTests
{
    // Twice, to be likelier than what could break an address.
    private const string Good = "aZ09-.!#$%&'*+/=?^_`{|}~aZ09-.!#$%&'*+/=?^_`{|}~";
    private const string Bad = ":;,<>()[]@\"\\ \t\u00a0\u00e9\ufffe\0";

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("Ada.Lovelace+music@mail.example.org")]
    [InlineData("o'hara_{1}@xn--bcher-kva.example")]
    [InlineData("root@localhost")]
    public void Addresses_that_people_have_are_taken(string text)
    {
        Assert.True(Email.IsWellFormed(text));
        Assert.True(IsTakenByMail(text));
    }

    [Theory]
    [InlineData("user@example..com")]
    [InlineData("user@.example.com")]
    [InlineData("user@example.com.")]
    [InlineData(".user@example.org")]
    [InlineData("user.@example.org")]
    [InlineData("a..b@example.org")]
    [InlineData("a:b@example.org")]
    [InlineData("a@b@example.org")]
    [InlineData("@example.org")]
    [InlineData("user@")]
    [InlineData("user")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("us er@example.org")]
    [InlineData("\"user\"@example.org")]
    [InlineData("user@[127.0.0.1]")]
    [InlineData("user@ex_ample.org")]
    [InlineData("us\u00e9r@example.org")]
    [InlineData("user\ufffe@example.org")]
    [InlineData("user@example.org\r\nBcc: eve@example.org")]
    [InlineData("a2345678901234567890123456789012345678901234567890123456789012345@example.org")]
    public void What_is_none_is_refused(string? text) => Assert.False(Email.IsWellFormed(text));

    [Theory]
    [InlineData("a@xn--.org")]
    [InlineData("a@xn---.org")]
    [InlineData("a@xn--a.org")]
    [InlineData("a@xn--zzzzzzzzzzzzzzzzzzzz.org")]
    [InlineData("a@xn--99999999999999.xn--a-.xn--0")]
    [InlineData("a@-.-")]
    public void That_holds_for_domains_that_stand_for_others_or_for_none(string text) => Assert.True(Email.IsWellFormed(text) && IsTakenByMail(text));

    [Property(MaxTest = 5000)]
    public bool Whatever_is_taken_can_be_mailed_to(byte[] local, byte[] domain)
    {
        var text = $"{Text(local, Good + Bad)}@{Text(domain, "aZ09-.aZ09-.aZ09-." + Bad)}";

        return !Email.IsWellFormed(text) || IsTakenByMail(text);
    }

    [Fact]
    public void That_holds_for_each_character_at_each_place()
    {
        var taken = 0;
        foreach (var c in Enumerable.Range(0, 0x180).Select(i => (char)i))
        {
            foreach (var text in (string[])[$"{c}@a.b", $"{c}a@a.b", $"a{c}@a.b", $"a{c}a@a.b", $"a@{c}", $"a@{c}a.b", $"a@a{c}.b", $"a@a.b{c}", $"a@a.{c}", $"a@a{c}b"])
            {
                taken += Email.IsWellFormed(text) ? 1 : 0;
                Assert.True(!Email.IsWellFormed(text) || IsTakenByMail(text), text);
            }
        }

        Assert.True(taken > 500);
    }

    [Theory]
    [InlineData("\ufffe@example.org")]
    [InlineData("\ud800@example.org")]
    public void A_text_that_is_no_address_has_a_form_as_well(string text) => Assert.Equal(text, Email.Normalise($" {text} ").Value);

    private static string Text(byte[] picks, string alphabet) => string.Concat(picks.Select(p => alphabet[p % alphabet.Length]));

    private static bool IsTakenByMail(string address)
    {
        try
        {
            return new MailboxAddress(string.Empty, address).Address.Length > 0; // "xn--…" in its letters
        }
        catch (ParseException)
        {
            return false;
        }
    }
}
