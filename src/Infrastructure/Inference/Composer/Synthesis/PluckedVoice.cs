using System.Runtime.CompilerServices;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>What makes one plucked string unlike another.</summary>
/// <param name="Seconds">Time to fall by 60 dB at middle C; low strings ring longer.</param>
/// <param name="Damping">0 to 0.5: how fast the overtones die.</param>
/// <param name="Brightness">0 to 1: of the pick.</param>
/// <param name="Position">Where the string is plucked, as a part of its length.</param>
/// <param name="Release">Seconds to fall by 60 dB once let go.</param>
internal sealed record StringPatch(double Seconds, double Damping, double Brightness, double Position, double Release);

/// <summary>
/// A plucked string after Karplus and Strong, tuned and damped as in Jaffe and Smith, "Extensions of the
/// Karplus-Strong plucked-string algorithm" (Computer Music Journal 7:2, 1983).
/// </summary>
internal sealed class PluckedVoice : Voice
{
    private readonly float[] _line;
    private readonly float _left;
    private readonly float _right;
    private readonly float _damping;
    private readonly float _tuning;
    private readonly float _released;
    private readonly float _grip;
    private float _loop;
    private int _at;
    private int _gate;
    private int _quiet;
    private float _before;
    private float _passIn;
    private float _passOut;

    // A finger leaves the string within a millisecond, not within a sample.
    private readonly int _leaving;
    private int _age;

    public PluckedVoice(in VoiceNote note, StringPatch patch)
    {
        var frequency = note.Frequency;
        var period = note.SampleRate / frequency;
        _damping = (float)patch.Damping;
        var length = Math.Max(2, (int)Math.Floor(period - patch.Damping - 0.3));
        var rest = period - patch.Damping - length;
        _tuning = (float)((1 - rest) / (1 + rest));
        var seconds = patch.Seconds * Math.Clamp(Math.Pow(262 / frequency, 0.6), 0.3, 2);
        _loop = (float)Math.Pow(10, -3 / (seconds * frequency));
        _released = Math.Min(_loop, (float)Math.Pow(10, -3 / (patch.Release * frequency)));
        // The hand is laid on within a period, or the string would break where it was the moment before.
        _grip = (_loop - _released) / length;
        _gate = note.Gate;
        _leaving = note.SampleRate / 1000;
        (_left, _right) = note.Gains;
        _line = new float[length];
        Excite(note, patch);
    }

    public override bool Render(Span<float> left, Span<float> right)
    {
        var held = Math.Clamp(_gate, 0, left.Length);
        _gate -= held;
        var peak = Math.Max(Turn(left[..held], right[..held], 0), Turn(left[held..], right[held..], _grip));
        // A low string's period is longer than a block: all of it must be quiet.
        _quiet = peak > 2e-5f ? 0 : _quiet + left.Length;
        return _quiet < _line.Length;
    }

    /// <summary>Lets the string swing and adds it to both channels.</summary>
    /// <param name="left">A part of a block.</param>
    /// <param name="right">As long.</param>
    /// <param name="grip">How much firmer the hand lies on it from sample to sample.</param>
    /// <returns>The largest sample, absolute.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Turn(Span<float> left, Span<float> right, float grip)
    {
        var (line, at, before, passIn, passOut, loop, peak) = (_line, _at, _before, _passIn, _passOut, _loop, 0f);
        var (released, damping, tuning) = (_released, _damping, _tuning);
        for (var i = 0; i < left.Length; i++)
        {
            var x = line[at];
            loop = Math.Max(released, loop - grip);
            var damped = (x + (damping * (before - x))) * loop;
            before = x;
            // A first-order all-pass supplies the fraction of a sample that the line can't.
            passOut = (tuning * (damped - passOut)) + passIn;
            passIn = damped;
            line[at] = passOut;
            at = at + 1 == line.Length ? 0 : at + 1;
            peak = Math.Max(peak, Math.Abs(x));
            if (_age < _leaving)
                x *= (float)_age++ / _leaving;
            left[i] += x * _left;
            right[i] += x * _right;
        }

        (_at, _before, _passIn, _passOut, _loop) = (at, before, passIn, passOut, loop);
        return peak;
    }

    private void Excite(in VoiceNote note, StringPatch patch)
    {
        var noise = new Noise(note.Seed);
        // A harder pluck is brighter, not only louder.
        var bright = Math.Clamp(patch.Brightness * (0.45 + (0.75 * note.Velocity)) + (0.15 * note.Brightness), 0.05, 1);
        var smooth = (float)(1 - Math.Exp(-2 * Math.PI * (300 + (9000 * bright * bright)) / note.SampleRate));
        for (var i = 0; i < _line.Length; i++)
            _line[i] = noise.Next();
        // Twice around: the string repeats this line, and where its end met its beginning it would click in every period.
        var low = 0f;
        foreach (var x in _line)
            low += (x - low) * smooth;
        for (var i = 0; i < _line.Length; i++)
            _line[i] = low += (_line[i] - low) * smooth;

        var shift = Math.Max(1, (int)(patch.Position * _line.Length));
        var plain = (float[])_line.Clone();
        for (var i = 0; i < _line.Length; i++)
            _line[i] -= plain[(i - shift + _line.Length) % _line.Length];

        // The same loudness for every pitch and pick, and no constant part, which would ring as DC.
        var mean = _line.Average();
        var power = _line.Sum(x => (x - mean) * (x - mean)) / _line.Length;
        var gain = note.Velocity * 0.3f / (float)Math.Sqrt(power + 1e-9);
        for (var i = 0; i < _line.Length; i++)
            _line[i] = (_line[i] - mean) * gain;

        // The filters have heard the string before, or its first turn would break where it closes.
        _before = _passIn = _passOut = _line[^1];
    }
}
