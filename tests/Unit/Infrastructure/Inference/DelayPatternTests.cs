using MusicGen.Infrastructure.Inference.Decoder;

namespace MusicGen.Unit.Infrastructure.Inference;

public sealed class DelayPatternTests
{
    private static readonly DecoderConfig Mono = new(2048, 8, 8, 1, 1, Codebooks: 4, Channels: 1, 2048);
    private static readonly DecoderConfig Stereo = Mono with { Codebooks = 8, Channels = 2 };

    [Fact]
    public void Each_codebook_starts_and_ends_a_column_after_the_one_before()
    {
        var pattern = new DelayPattern(Mono, Empty(4), steps: 7);

        Assert.Equal(["#....###", "##....##", "###....#", "####...."], Picture(pattern));
        Assert.Equal((8, 4), (pattern.Columns, pattern.Frames));
    }

    [Fact]
    public void Given_codes_are_delayed_with_the_rest()
    {
        var pattern = new DelayPattern(Mono, [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]], steps: 6);

        Assert.Equal(["#ggg...###", "##ggg...##", "###ggg...#", "####ggg..."], Picture(pattern));
        Assert.Equal([7, 8, 9], pattern.Codes[2][3..6]);
        Assert.Equal((3, 6), (pattern.Given, pattern.Frames));
    }

    [Fact]
    public void The_channels_of_stereo_are_delayed_alike()
    {
        var pattern = new DelayPattern(Stereo, Empty(8), steps: 7);

        Assert.Equal(
            ["#....###", "#....###", "##....##", "##....##", "###....#", "###....#", "####....", "####...."],
            Picture(pattern));
    }

    // As the reference does: fewer than 2Q - 1 columns have no delay at all.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 5)]
    [InlineData(6, 3)]
    public void A_short_matrix_has_no_delay(int steps, int frames)
    {
        var pattern = new DelayPattern(Mono, Empty(4), steps);

        Assert.Equal(frames, pattern.Frames);
        Assert.Equal(frames == steps, Picture(pattern).All(row => row == "#" + new string('.', steps)));
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(0, 57)]
    [InlineData(50, 27)]
    [InlineData(1, 2)]
    public void What_was_put_into_free_places_comes_out_by_frames(int given, int frames)
    {
        var codes = Enumerable.Range(0, 8).Select(row => Enumerable.Range(0, given).Select(t => (row * 1000) + t).ToArray()).ToArray();
        var pattern = new DelayPattern(Stereo, codes, DelayPattern.StepsFor(Stereo, frames));
        for (var row = 0; row < 8; row++)
        {
            for (var column = 0; column < pattern.Columns; column++)
            {
                if (pattern.IsFree(row, column))
                    pattern.Codes[row][column] = (row * 1000) + pattern.FrameOf(row, column);
            }
        }

        var undone = pattern.Undo();

        Assert.All(Enumerable.Range(0, 8), row => Assert.Equal(Enumerable.Range(0, given + frames).Select(t => (row * 1000) + t), undone[row]));
    }

    private static int[][] Empty(int rows) => [.. Enumerable.Range(0, rows).Select(_ => Array.Empty<int>())];

    private static IEnumerable<string> Picture(DelayPattern pattern) => Enumerable.Range(0, pattern.Codes.Length)
        .Select(row => string.Concat(Enumerable.Range(0, pattern.Columns)
            .Select(column => pattern.IsFree(row, column) ? '.' : pattern.Codes[row][column] == 2048 ? '#' : 'g')));
}
