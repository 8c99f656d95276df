using TorchSharp;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Melody;

/// <summary>
/// The pitch class that sounds loudest at each moment of a melody, C first: windows of 16384 samples, a quarter of that
/// apart, their power gathered by a bank of twelve filters, as Hugging Face's MusicgenMelodyFeatureExtractor does.
/// </summary>
internal sealed class Chroma : IDisposable
{
    public const int Classes = 12;

    /// <summary>Stands for silence and for no melody at all.</summary>
    public const int None = 0;

    private const int Window = 16384;
    private const int Hop = 4096;
    private const double Tuning = 440;
    private const double CentreOctave = 5;
    private const double OctaveWidth = 2;

    private readonly Tensor _filters;
    private readonly Tensor _hann;

    /// <param name="sampleRate">Of the sounds to come, in hertz.</param>
    public Chroma(int sampleRate)
    {
        using var scope = NewDisposeScope();
        _filters = scope.Detach(tensor(Bank(sampleRate), [Classes, (Window / 2) + 1], ScalarType.Float32));
        _hann = scope.Detach(hann_window(Window, periodic: true));
    }

    /// <summary>The pitch class of every frame.</summary>
    /// <param name="samples">One channel.</param>
    /// <returns>1 + floor(samples / 4096) classes, of at least 16384 samples.</returns>
    public int[] Of(float[] samples)
    {
        using var scope = NewDisposeScope();
        var x = tensor(samples).view(1, 1, samples.Length);
        var missing = Window - samples.Length;
        if (missing > 0)
            x = nn.functional.pad(x, [missing / 2, missing - (missing / 2)]);
        var padded = nn.functional.pad(x, [Window / 2, Window / 2], PaddingModes.Reflect).view(-1);
        var frames = padded.unfold(0, Window, Hop) * _hann;                 // [T, Window]
        var power = fft.rfft(frames).abs().pow(2);                          // [T, Window/2 + 1]
        return [.. power.matmul(_filters.transpose(0, 1)).argmax(-1).to(ScalarType.Int32).data<int>()];
    }

    public void Dispose()
    {
        _filters.Dispose();
        _hann.Dispose();
    }

    /// <summary>The filters' weights, [12 × 8193].</summary>
    internal static float[] Bank(int sampleRate)
    {
        var bins = new double[Window];
        for (var i = 1; i < Window; i++)
            bins[i] = Classes * Math.Log2((double)i * sampleRate / Window / (Tuning / 16));
        bins[0] = bins[1] - (1.5 * Classes);

        const int Columns = (Window / 2) + 1;
        var bank = new float[Classes * Columns];
        var column = new double[Classes];
        for (var i = 0; i < Columns; i++)
        {
            var width = Math.Max(bins[i + 1] - bins[i], 1);
            var length = 0.0;
            for (var c = 0; c < Classes; c++)
            {
                var distance = bins[i] - c;
                distance -= Classes * Math.Floor((distance + (Classes / 2)) / Classes);
                column[c] = Math.Exp(-0.5 * Math.Pow(2 * distance / width, 2));
                length += column[c] * column[c];
            }

            var octave = Math.Exp(-0.5 * Math.Pow(((bins[i] / Classes) - CentreOctave) / OctaveWidth, 2));
            for (var c = 0; c < Classes; c++)
                bank[(c * Columns) + i] = (float)(column[(c + 3) % Classes] / Math.Sqrt(length) * octave);
        }

        return bank;
    }
}
