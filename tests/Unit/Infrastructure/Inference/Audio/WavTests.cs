using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Unit.Infrastructure.Inference.Audio;

public sealed class WavTests
{
    [Fact]
    public void Sixteen_bit_bytes_are_exactly_these()
    {
        var file = Write([0f, 1f, -1f, 0.5f], 44100, 2, WavEncoding.Pcm16);

        Assert.Equal(
            "52494646" + "2C000000" + "57415645" + "666D7420" + "10000000" + "0100" + "0200" + "44AC0000" + "10B10200" + "0400" + "1000"
            + "64617461" + "08000000" + "0000" + "FF7F" + "0180" + "0040",
            Convert.ToHexString(file));
    }

    [Fact]
    public void Float_files_say_so_and_count_their_frames()
    {
        var file = Write([0.25f, -0.25f], 32000, 1, WavEncoding.Float32);

        Assert.Equal(
            "52494646" + "3A000000" + "57415645" + "666D7420" + "12000000" + "0300" + "0100" + "007D0000" + "00F40100" + "0400" + "2000" + "0000"
            + "66616374" + "04000000" + "02000000" + "64617461" + "08000000" + "0000803E" + "000080BE",
            Convert.ToHexString(file));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_written_is_read_back(bool isFloat)
    {
        var encoding = isFloat ? WavEncoding.Float32 : WavEncoding.Pcm16;
        var samples = Enumerable.Range(0, 50_000).Select(i => (float)Math.Sin(i * 0.01)).ToArray();

        var file = Write(samples, 44100, 2, encoding);
        var read = WavReader.Read(new MemoryStream(file));

        Assert.Equal(WavWriter.Length(samples.Length, encoding), file.Length);
        Assert.Equal((44100, 2, samples.Length), (read.SampleRate, read.Channels, read.Samples.Length));
        var step = encoding == WavEncoding.Pcm16 ? 0.51f / 32767 : 0f;
        Assert.All(samples.Zip(read.Samples), pair => Assert.InRange(pair.Second - pair.First, -step, step));
    }

    [Fact]
    public void Files_cut_short_or_of_another_kind_are_refused_in_words()
    {
        var file = Write(new float[100], 44100, 2, WavEncoding.Pcm16);

        Assert.Contains("cut short", Assert.Throws<InvalidDataException>(() => WavReader.Read(new MemoryStream(file[..^10]))).Message, StringComparison.Ordinal);
        Assert.Contains("cut short", Assert.Throws<InvalidDataException>(() => WavReader.Read(new MemoryStream(file[..20]))).Message, StringComparison.Ordinal);
        Assert.Contains("Not a WAV", Assert.Throws<InvalidDataException>(() => WavReader.Read(new MemoryStream(new byte[100]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Peaks_cover_every_sample_once()
    {
        float[] samples = [0, 0, 0.5f, -0.25f, 0.1f, 0.1f, -0.9f, 0.3f];

        Assert.Equal([(-0.25f, 0.5f), (-0.9f, 0.3f)], PeakEnvelope.Of(samples, 2, 2));
        Assert.Equal(10, PeakEnvelope.Of(samples, 2, 10).Length);
        Assert.All(PeakEnvelope.Of([], 2, 3), p => Assert.Equal((0f, 0f), p));
    }

    private static byte[] Write(float[] samples, int rate, int channels, WavEncoding encoding)
    {
        using var stream = new MemoryStream();
        WavWriter.Write(stream, samples, rate, channels, encoding);
        return stream.ToArray();
    }
}
