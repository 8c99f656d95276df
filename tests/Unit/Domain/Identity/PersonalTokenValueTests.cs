using System.Globalization;
using FsCheck.Xunit;
using MusicGen.Domain.Identity;

namespace MusicGen.Unit.Domain.Identity;

public sealed class PersonalTokenValueTests
{
    [Property]
    public bool Whatever_was_made_is_read_back_with_its_user_and_hash(Guid user)
    {
        var made = PersonalTokenValue.New(new UserId(user));

        return PersonalTokenValue.Read(made.Text) is { } read && read.User == made.User && read.Hash == made.Hash && made.Text.Length == PersonalTokenValue.Length;
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [InlineData("00000000-0000-7000-8000-000000000001")]
    public void The_ids_at_the_ends_survive(string id) =>
        Assert.Equal(new Guid(id), PersonalTokenValue.Read(PersonalTokenValue.New(new UserId(new Guid(id))).Text)!.User.Value);

    [Property]
    public bool One_wrong_character_anywhere_is_refused(Guid user, byte at, char other)
    {
        var text = PersonalTokenValue.New(new UserId(user)).Text;
        var place = at % text.Length;

        return text[place] == other || PersonalTokenValue.Read(text.Remove(place, 1).Insert(place, other.ToString(CultureInfo.InvariantCulture))) is null;
    }

    // Two neighbours in the wrong order are the commonest slip of the hand.
    [Property]
    public bool Two_neighbours_that_changed_places_are_refused(Guid user, byte at)
    {
        var text = PersonalTokenValue.New(new UserId(user)).Text.ToCharArray();
        var place = at % (text.Length - 1);
        (text[place], text[place + 1]) = (text[place + 1], text[place]);

        return text[place] == text[place + 1] || PersonalTokenValue.Read(new string(text)) is null;
    }

    [Property(MaxTest = 2000)]
    public bool No_text_throws_and_none_of_them_is_a_token(string? text) =>
        PersonalTokenValue.Read(text) is null && PersonalTokenValue.Read(PersonalTokenValue.Prefix + text) is null;

    [Fact]
    public void Hostile_texts_of_the_right_length_are_refused()
    {
        foreach (var filler in new[] { 'z', '0', '\0', '٣', '-', '\uD800', 'é' })
            Assert.Null(PersonalTokenValue.Read(PersonalTokenValue.Prefix + new string(filler, PersonalTokenValue.Length - 4)));
        Assert.Null(PersonalTokenValue.Read(new string('m', 1_000_000)));
    }

    // An id beyond 128 bits, under a checksum that anybody can compute.
    [Fact]
    public void A_user_that_is_no_id_is_refused_although_its_checksum_is_right() =>
        Assert.Null(PersonalTokenValue.Read("mgp_zzzzzzzzzzzzzzzzzzzzzz000000000000000000000000000" + Crc("mgp_zzzzzzzzzzzzzzzzzzzzzz000000000000000000000000000")));

    [Fact]
    public void The_checksum_is_the_CRC_that_everybody_computes()
    {
        var text = PersonalTokenValue.New(UserId.New(DateTimeOffset.UnixEpoch)).Text;

        Assert.Equal(Crc(text[..^6]), text[^6..]);
    }

    [Fact]
    public void Values_differ_and_never_show_in_a_log()
    {
        var user = UserId.New(DateTimeOffset.UnixEpoch);

        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => PersonalTokenValue.New(user).Text).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("PersonalTokenValue", $"{PersonalTokenValue.New(user)}");
    }

    // A second way to the same number: by table, from zip's definition.
    private static string Crc(string body)
    {
        var table = Enumerable.Range(0, 256)
            .Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) == 1 ? 0xEDB88320 ^ (c >> 1) : c >> 1))
            .ToArray();
        var crc = body.Aggregate(0xFFFFFFFFu, (c, letter) => table[(c ^ letter) & 0xFF] ^ (c >> 8)) ^ 0xFFFFFFFF;
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        return string.Concat(Enumerable.Range(0, 6).Select(i => Digits[(int)(crc / (ulong)Math.Pow(62, 5 - i) % 62)]));
    }
}
