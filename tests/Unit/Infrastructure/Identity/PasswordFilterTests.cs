using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Unit.Infrastructure.Identity;

public sealed class PasswordFilterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-filter-").FullName;

    private string FilterFile => Path.Combine(_folder, "a.bloom");

    private string ListFile => Path.Combine(_folder, "list.txt");

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Every_line_of_a_plain_list_is_found_as_it_stands_and_in_lower_case(string newLine)
    {
        using var filter = Build($"\uFEFFfirst of all{newLine}Größer als Gott{newLine}{newLine}пароль моей мечты{newLine}🎹🎹 keys{newLine} blanks stay {newLine}last without an end");

        Assert.All(
            ["first of all", "Größer als Gott", "größer als gott", "пароль моей мечты", "🎹🎹 keys", " blanks stay ", "last without an end"],
            p => Assert.True(filter.Contains(p), p));
        Assert.All(["", "First of all", "GRÖSSER ALS GOTT", "blanks stay", "last without an en"], p => Assert.False(filter.Contains(p), p));
        Assert.Equal(7, filter.Items);
    }

    [Fact]
    public void A_list_of_hashes_is_found_by_its_passwords()
    {
        // SHA-1 of "correct horse battery staple" and of "Tr0ub4dor&3".
        using var filter = Build("ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:1\r\n874572e7a5ae6a49466a6ac578b98adba78c6aa6:23\r\n");

        Assert.True(filter.Contains("correct horse battery staple"));
        Assert.True(filter.Contains("Tr0ub4dor&3"));
        Assert.False(filter.Contains("tr0ub4dor&3"));
        Assert.Equal(2, filter.Items);
    }

    [Fact]
    public void A_filter_of_many_finds_all_of_them_and_nothing_else_of_a_hundred_thousand()
    {
        var random = new Random(4);
        var listed = Draw(random, 60_000);
        using var filter = Build(string.Join('\n', listed));

        Assert.All(listed, p => Assert.True(filter.Contains(p)));
        // One in a million would be 0.1; the seed decides, so this is no matter of luck.
        Assert.Equal(0, Draw(random, 100_000).Count(filter.Contains));
        Assert.InRange(new FileInfo(FilterFile).Length, 60_000 * 29 / 8, 60_000 * 31 / 8);
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData((2 << 18) - 6)] // its last four letters are read alone
    public void Lines_too_long_for_a_password_are_passed_over_whatever_their_length(int length)
    {
        var endless = new string('x', length);
        using var filter = Build($"before it\n{endless}\nafter it\n{endless}y");

        Assert.True(filter.Contains("before it"));
        Assert.True(filter.Contains("after it"));
        Assert.Equal(2, filter.Items);
    }

    [Theory]
    [InlineData("", "It holds no password.")]
    [InlineData("\n\n\r\n", "It holds no password.")]
    [InlineData("a\0b\0", "It is no text in UTF-8.")]
    [InlineData("8846F7EAEE8FB117AD06BDD830B7586C:9\n", "It holds NTLM hashes; take the list of SHA-1.")]
    [InlineData("ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:1\npassword\n", "Line 2 is not SHA1:COUNT, as the first one is.")]
    public void What_is_no_list_is_refused_and_leaves_nothing_behind(string content, string says)
    {
        var refusal = Assert.Throws<InvalidDataException>(() => Build(content));

        Assert.Equal(says, refusal.Message);
        Assert.Equal([ListFile], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Progress_rises_to_the_end_over_both_readings()
    {
        var seen = new Seen();
        File.WriteAllText(ListFile, string.Join('\n', Draw(new Random(5), 60_000)));
        PasswordFilterBuilder.Build(ListFile, FilterFile, seen, TestContext.Current.CancellationToken);

        Assert.Equal(seen.Done.Order(), seen.Done);
        Assert.Contains(seen.Done, d => d is > 0 and < 500);
        Assert.Contains(seen.Done, d => d is > 500 and < 1000);
        Assert.Equal(1000, seen.Done[^1]);
    }

    [Theory]
    [InlineData(0, 'X', "It is not a password filter of this program.")]
    [InlineData(8, 2, "It is of version 2, and this program reads version 1.")]
    [InlineData(12, 0, "Its header holds numbers that no filter has.")] // no hashes: everything would be found
    [InlineData(15, 0x7F, "Its header holds numbers that no filter has.")]
    [InlineData(23, 0x80, "Its header holds numbers that no filter has.")] // fewer than no entries
    [InlineData(31, 0x7F, "Its header holds numbers that no filter has.")] // more bits than there are
    [InlineData(31, 0xFF, "Its header holds numbers that no filter has.")]
    [InlineData(24, 1, "Its header holds numbers that no filter has.")] // not whole words
    [InlineData(24, 64, "It has 131136 bytes instead of 131144: it was cut short or added to.")]
    [InlineData(16, 77, "Its checksum doesn't fit its content: it was damaged or changed.")]
    [InlineData(32, 'X', "Its checksum doesn't fit its content: it was damaged or changed.")]
    [InlineData(5000, 0xFF, "Its checksum doesn't fit its content: it was damaged or changed.")]
    public void One_changed_byte_is_refused(int at, int value, string says)
    {
        var bytes = Built();
        bytes[at] = (byte)value;

        Assert.Equal(says, Refusal(bytes));
    }

    [Theory]
    [InlineData(0, "It is too short for a password filter.")]
    [InlineData(31, "It is too short for a password filter.")]
    [InlineData(40, "It has 40 bytes instead of 131136: it was cut short or added to.")]
    [InlineData(131135, "It has 131135 bytes instead of 131136: it was cut short or added to.")]
    public void A_file_that_was_cut_short_is_refused(int length, string says) => Assert.Equal(says, Refusal(Built()[..length]));

    [Fact]
    public void A_file_with_something_added_is_refused() =>
        Assert.Equal("It has 131137 bytes instead of 131136: it was cut short or added to.", Refusal([.. Built(), 0]));

    [Theory]
    [InlineData(20, 0xFF)] // every bit set: every password refused
    [InlineData(1, 0x01)] // one hash: each eighth refused
    public void A_filter_that_would_refuse_too_much_is_refused_though_its_checksum_fits(int hashes, int fill)
    {
        var bytes = Built();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), hashes);
        bytes.AsSpan(PasswordFilterShape.BitsAt).Fill((byte)fill);
        SHA256.HashData([.. bytes[..PasswordFilterShape.HeaderBytes], .. bytes[PasswordFilterShape.BitsAt..]]).CopyTo(bytes, PasswordFilterShape.HeaderBytes);

        Assert.Equal("It would refuse more than one in a million passwords that aren't on its list.", Refusal(bytes));
    }

    [Fact]
    public void The_operators_list_is_asked_for_the_whole_password_only()
    {
        using var filter = Build("correct horse\nbattery staple\nfour words make one phrase");
        var breached = new BreachedPasswords(filter);

        Assert.True(breached.Contains("Four words MAKE one phrase"));
        Assert.True(breached.Contains("passwordpassword"));
        Assert.False(breached.Contains("correct horsebattery staple"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Draw(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextInt64().ToString("x16", CultureInfo.InvariantCulture))];

    private PasswordFilter Build(string content)
    {
        File.WriteAllText(ListFile, content);
        PasswordFilterBuilder.Build(ListFile, FilterFile, new Seen(), TestContext.Current.CancellationToken);
        return PasswordFilter.Open(FilterFile);
    }

    private byte[] Built()
    {
        Build("four words make one phrase").Dispose();
        return File.ReadAllBytes(FilterFile);
    }

    private string Refusal(byte[] bytes)
    {
        File.WriteAllBytes(FilterFile, bytes);
        return Assert.Throws<InvalidDataException>(() => PasswordFilter.Open(FilterFile)).Message;
    }

    private sealed class Seen : IProgress<StepsDone>
    {
        public List<int> Done { get; } = [];

        public void Report(StepsDone value) => Done.Add(value.Done);
    }
}
