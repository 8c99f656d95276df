namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>
/// A room: eight delay lines that feed each other through a Hadamard matrix (Jot's feedback delay network), with
/// damping of the highs in each line.
/// </summary>
internal sealed class Reverb
{
    private const int Lines = 8;
    private static readonly double[] Milliseconds = [29.7, 34.1, 39.3, 43.9, 49.1, 55.7, 61.3, 68.9];
    private readonly float[][] _lines = new float[Lines][];
    private readonly int[] _at = new int[Lines];
    private readonly float[] _gains = new float[Lines];
    private readonly float[] _low = new float[Lines];
    private readonly float[] _preDelay;
    private readonly float _damping;
    private int _preAt;

    /// <param name="seconds">Time to fall by 60 dB.</param>
    /// <param name="sampleRate">In hertz.</param>
    public Reverb(double seconds, int sampleRate)
    {
        for (var l = 0; l < Lines; l++)
        {
            // Odd lengths share few factors, so the echoes don't line up.
            var length = (int)(Milliseconds[l] * (0.7 + (0.12 * seconds)) * sampleRate / 1000) | 1;
            _lines[l] = new float[length];
            _gains[l] = (float)Math.Pow(10, -3.0 * length / (seconds * sampleRate));
        }

        _preDelay = new float[(int)(0.014 * sampleRate) * 2];
        _damping = (float)(1 - Math.Exp(-2 * Math.PI * 4800 / sampleRate));
    }

    /// <summary>Adds the room's answer to what was sent into it.</summary>
    public void Process(ReadOnlySpan<float> sentLeft, ReadOnlySpan<float> sentRight, Span<float> left, Span<float> right)
    {
        Span<float> x = stackalloc float[Lines];
        var (lines, at, lows, gains, damping) = (_lines, _at, _low, _gains, _damping);
        for (var i = 0; i < sentLeft.Length; i++)
        {
            var (inLeft, inRight) = (_preDelay[_preAt], _preDelay[_preAt + 1]);
            _preDelay[_preAt] = sentLeft[i];
            _preDelay[_preAt + 1] = sentRight[i];
            _preAt = _preAt + 2 == _preDelay.Length ? 0 : _preAt + 2;

            for (var l = 0; l < Lines; l++)
            {
                ref var low = ref lows[l];
                low += ((lines[l][at[l]] * gains[l]) - low) * damping;
                x[l] = low;
            }

            left[i] += 0.6f * (x[0] - x[2] + x[4] - x[6]);
            right[i] += 0.6f * (x[1] - x[3] + x[5] - x[7]);
            Mix(x);
            for (var l = 0; l < Lines; l++)
            {
                var line = lines[l];
                line[at[l]] = x[l] + (0.5f * ((l & 1) == 0 ? inLeft : inRight));
                at[l] = at[l] + 1 == line.Length ? 0 : at[l] + 1;
            }
        }
    }

    /// <summary>The fast Hadamard transform of eight numbers, scaled to keep their energy.</summary>
    private static void Mix(Span<float> x)
    {
        for (var span = 1; span < Lines; span *= 2)
        {
            for (var i = 0; i < Lines; i += span * 2)
            {
                for (var j = i; j < i + span; j++)
                    (x[j], x[j + span]) = (x[j] + x[j + span], x[j] - x[j + span]);
            }
        }

        for (var i = 0; i < Lines; i++)
            x[i] *= 0.35355339f;
    }
}
