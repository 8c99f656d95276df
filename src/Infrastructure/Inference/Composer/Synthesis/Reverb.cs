using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>
/// A room: eight delay lines that feed each other through a Hadamard matrix (Jot's feedback delay network), with
/// damping of the highs in each line.
/// </summary>
internal sealed class Reverb
{
    private const int Lines = 8;
    private static readonly double[] Milliseconds = [29.7, 34.1, 39.3, 43.9, 49.1, 55.7, 61.3, 68.9];
    private static readonly Vector256<float> ToLeft = Vector256.Create(0.6f, 0, -0.6f, 0, 0.6f, 0, -0.6f, 0);
    private static readonly Vector256<float> ToRight = Vector256.Create(0, 0.6f, 0, -0.6f, 0, 0.6f, 0, -0.6f);

    // All lines in one array, each from its own place on: a line's end is the next one's start.
    private readonly float[] _lines;
    private readonly int[] _starts = new int[Lines + 1];
    private readonly int[] _at = new int[Lines];
    private readonly Vector256<float> _gains;
    private readonly float[] _preDelay;
    private readonly float _damping;
    private Vector256<float> _low;
    private int _preAt;

    /// <param name="seconds">Time to fall by 60 dB.</param>
    /// <param name="sampleRate">In hertz.</param>
    public Reverb(double seconds, int sampleRate)
    {
        for (var l = 0; l < Lines; l++)
        {
            // Odd lengths share few factors, so the echoes don't line up.
            var length = (int)(Milliseconds[l] * (0.7 + (0.12 * seconds)) * sampleRate / 1000) | 1;
            _at[l] = _starts[l];
            _starts[l + 1] = _starts[l] + length;
            _gains = _gains.WithElement(l, (float)Math.Pow(10, -3.0 * length / (seconds * sampleRate)));
        }

        _lines = new float[_starts[Lines]];
        _preDelay = new float[(int)(0.014 * sampleRate) * 2];
        _damping = (float)(1 - Math.Exp(-2 * Math.PI * 4800 / sampleRate));
    }

    /// <summary>Adds the room's answer to what was sent into it; all lines move at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Process(ReadOnlySpan<float> sentLeft, ReadOnlySpan<float> sentRight, Span<float> left, Span<float> right)
    {
        var (lines, at, starts, gains, damping, low) = (_lines, _at, _starts, _gains, _damping, _low);
        for (var i = 0; i < sentLeft.Length; i++)
        {
            var (inLeft, inRight) = (_preDelay[_preAt], _preDelay[_preAt + 1]);
            _preDelay[_preAt] = sentLeft[i];
            _preDelay[_preAt + 1] = sentRight[i];
            _preAt = _preAt + 2 == _preDelay.Length ? 0 : _preAt + 2;

            var out8 = Vector256.Create(lines[at[0]], lines[at[1]], lines[at[2]], lines[at[3]], lines[at[4]], lines[at[5]], lines[at[6]], lines[at[7]]);
            low += ((out8 * gains) - low) * damping;
            left[i] += Vector256.Sum(low * ToLeft);
            right[i] += Vector256.Sum(low * ToRight);
            var back = Mix(low) + (Vector256.Create(inLeft, inRight, inLeft, inRight, inLeft, inRight, inLeft, inRight) * 0.5f);
            for (var l = 0; l < Lines; l++)
            {
                lines[at[l]] = back.GetElement(l);
                at[l] = at[l] + 1 == starts[l + 1] ? starts[l] : at[l] + 1;
            }
        }

        _low = low;
    }

    /// <summary>The fast Hadamard transform of eight numbers, scaled to keep their energy.</summary>
    private static Vector256<float> Mix(Vector256<float> x)
    {
        x = Vector256.Shuffle(x, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)) + (x * Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1));
        x = Vector256.Shuffle(x, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)) + (x * Vector256.Create(1f, 1, -1, -1, 1, 1, -1, -1));
        x = Vector256.Shuffle(x, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)) + (x * Vector256.Create(1f, 1, 1, 1, -1, -1, -1, -1));
        return x * 0.35355339f;
    }
}
