using FsCheck.Xunit;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Melody;
using MusicGen.Infrastructure.Inference.Text;

namespace MusicGen.Unit.Infrastructure.Inference;

/// <summary>Numbers that the reference implementation was measured to have.</summary>
public sealed class NumbersOfTheModelTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(1, 17)]
    [InlineData(-7, 7)]
    [InlineData(7, 23)]
    [InlineData(8, 24)]
    [InlineData(-8, 8)]
    [InlineData(11, 24)]
    [InlineData(12, 25)]
    [InlineData(-16, 10)]
    [InlineData(32, 28)]
    [InlineData(127, 31)]
    [InlineData(500, 31)]
    public void Distances_share_the_references_buckets(int distance, int bucket) => Assert.Equal(bucket, T5Encoder.Bucket(distance, 32, 128));

    [Fact]
    public void The_pitch_filters_are_the_references()
    {
        const int Columns = 8193;
        var bank = Chroma.Bank(32000);

        Assert.Equal(4159.943, bank.Sum(w => (double)w), 0.01);
        foreach (var (row, sum) in new[] { (0, 318.4501), (9, 368.9428), (11, 354.8397) })
            Assert.Equal(sum, bank.Skip(row * Columns).Take(Columns).Sum(w => (double)w), 0.001);
        foreach (var (row, column, weight) in new[] { (0, 134, 0.669920), (9, 225, 0.866148), (11, 8192, 0.106653), (0, 0, 4.4e-7) })
            Assert.Equal(weight, bank[(row * Columns) + column], 1e-5);
    }

    [Theory]
    [InlineData(44100, 32000, 44100, 32000)]
    [InlineData(44100, 32000, 1, 1)]
    [InlineData(48000, 32000, 1001, 668)]
    [InlineData(8000, 32000, 3, 12)]
    [InlineData(32001, 32000, 100, 100)]
    public void A_resampled_sound_has_the_length_of_its_time(int from, int to, int samples, int expected) =>
        Assert.Equal(expected, Resampler.Resample(new float[samples], from, to).Length);

    [Fact]
    public void Frequencies_above_the_new_limit_are_gone()
    {
        var high = Enumerable.Range(0, 44100).Select(i => MathF.Sin(2 * MathF.PI * 18000 * i / 44100)).ToArray();

        Assert.All(Resampler.Resample(high, 44100, 32000)[100..^100], s => Assert.InRange(s, -0.02f, 0.02f));
    }

    [Fact]
    public void Channels_are_meant_doubled_or_kept()
    {
        float[] stereo = [1, 3, 5, 7];

        Assert.Equal([2f, 6f], Assert.Single(Resampler.ToChannels(stereo, 2, 1)));
        Assert.Equal([[1f, 5f], [3f, 7f]], Resampler.ToChannels(stereo, 2, 2));
        Assert.Equal([[1f, 2f], [1f, 2f]], Resampler.ToChannels([1, 2], 1, 2));
        Assert.Equal([[2f], [2f]], Resampler.ToChannels([0, 2, 4], 3, 2));
    }

    [Property(MaxTest = 500)]
    public void No_table_of_characters_breaks_the_reader(byte[] blob, string text)
    {
        try
        {
            _ = new CharacterMap(blob).Apply(text ?? string.Empty);
        }
        catch (InvalidDataException)
        {
            // refused in words
        }
    }

    // One key, "a" -> "xy": a root, and a child at offset ^ 'a' whose leaf says where the replacement starts.
    [Fact]
    public void Keys_are_replaced_and_all_else_is_kept()
    {
        var units = new uint[512];
        units[0] = 256u << 10;
        units[256 ^ 'a'] = 'a' | 0x100u | (128u << 10);
        units[256 ^ 'a' ^ 128] = 3;
        byte[] blob = [.. BitConverter.GetBytes(units.Length * 4), .. units.SelectMany(BitConverter.GetBytes), .. "no\0xy\0"u8];

        Assert.Equal("bxyé🎹xy", new CharacterMap(blob).Apply("baé🎹a"));
    }
}
