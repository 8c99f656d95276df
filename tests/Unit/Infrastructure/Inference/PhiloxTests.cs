using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Composer;

namespace MusicGen.Unit.Infrastructure.Inference;

public sealed class PhiloxTests
{
    // The known answers of Random123 (kat_vectors, philox4x32 10).
    [Fact]
    public void Gives_the_published_answers()
    {
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block(0, 0, 0, 0, 0, 0));
        Assert.Equal(
            (0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu),
            Philox.Block(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue));
        Assert.Equal(
            (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
    }

    [Fact]
    public void A_part_of_a_stream_does_not_depend_on_the_draws_before()
    {
        var fresh = new Dice(7, "words", "drums");
        var used = new Dice(7, "words", "drums");
        for (var i = 0; i < 100; i++)
            used.NextUInt();

        Assert.Equal(fresh.For("fills").NextUInt(), used.For("fills").NextUInt());
    }

    [Fact]
    public void Seed_words_and_purpose_each_make_another_stream()
    {
        uint[] firsts =
        [
            new Dice(7, "words", "drums").NextUInt(), new Dice(8, "words", "drums").NextUInt(), new Dice(7 + (1L << 40), "words", "drums").NextUInt(),
            new Dice(7, "word", "drums").NextUInt(), new Dice(7, "words", "bass").NextUInt(), new Dice(7, "words", "drums").For(1).NextUInt(),
        ];

        Assert.Equal(firsts.Length, firsts.Distinct().Count());
    }

    [Fact]
    public void Draws_fill_their_range_evenly()
    {
        var dice = new Dice(1, "", "test");
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
            counts[dice.Below(6)]++;

        Assert.All(counts, c => Assert.InRange(c, 9600, 10400));
    }
}
