using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>An echo in time with the music that goes from side to side and darkens.</summary>
internal sealed class Echo(double seconds, int sampleRate)
{
    private const float Feedback = 0.36f;
    private readonly float[] _left = new float[Math.Max(1, (int)(seconds * sampleRate))];
    private readonly float[] _right = new float[Math.Max(1, (int)(seconds * sampleRate))];
    private readonly float _damping = (float)(1 - Math.Exp(-2 * Math.PI * 3000 / sampleRate));
    private float _lowLeft;
    private float _lowRight;
    private int _at;

    /// <summary>Adds the echo of what was sent into it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Process(ReadOnlySpan<float> sentLeft, ReadOnlySpan<float> sentRight, Span<float> left, Span<float> right)
    {
        for (var i = 0; i < sentLeft.Length; i++)
        {
            _lowLeft += (_left[_at] - _lowLeft) * _damping;
            _lowRight += (_right[_at] - _lowRight) * _damping;
            left[i] += _lowLeft;
            right[i] += _lowRight;
            _left[_at] = ((sentLeft[i] + sentRight[i]) * 0.7f) + (_lowRight * Feedback);
            _right[_at] = _lowLeft * 0.8f;
            _at = _at + 1 == _left.Length ? 0 : _at + 1;
        }
    }
}
