using MusicGen.Infrastructure.Identity;

namespace MusicGen.Unit.Infrastructure.Identity;

public sealed class BreachedPasswordsTests
{
    private static readonly BreachedPasswords Breached = new();

    [Theory]
    [InlineData("qwertyuiopasdfghjkl")] // on the list, or made of two that are
    [InlineData("passwordpassword")]
    [InlineData("PasswordPassword1!")]
    [InlineData("footballfootballfoot")] // a repetition cut short
    [InlineData("123456789012345678")]
    [InlineData("dragonmonkey12345")]
    [InlineData("abcabcabcabcabcabc")] // no word, but nothing said either
    public void What_attackers_make_of_their_lists_is_refused(string password) => Assert.True(Breached.Contains(password));

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("my cat sleeps on the organ")]
    [InlineData("48201937465910283746")] // drawn by lot
    [InlineData("Tr0ub4dor&3 in the attic")]
    [InlineData("vZ8!kQ2#pL9@wX4$")]
    public void A_sentence_or_a_draw_is_taken(string password) => Assert.False(Breached.Contains(password));
}
