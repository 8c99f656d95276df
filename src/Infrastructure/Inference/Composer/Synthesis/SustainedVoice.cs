using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>What makes one sustained tone (bowed, blown, sung, electronic) unlike another.</summary>
internal sealed record SustainedPatch
{
    /// <summary>Spectrum when played softly, and at the end of a note.</summary>
    public required Spectrum Soft { get; init; }

    /// <summary>Spectrum when played hard.</summary>
    public required Spectrum Loud { get; init; }

    /// <summary>Seconds.</summary>
    public double Attack { get; init; } = 0.01;

    /// <summary>Seconds to the sustained level.</summary>
    public double Decay { get; init; } = 0.3;

    public double Sustain { get; init; } = 0.8;

    /// <summary>Seconds to fall by 60 dB.</summary>
    public double Release { get; init; } = 0.25;

    /// <summary>How far the spectrum goes to loud at the peak of the attack, and where it stays.</summary>
    public double BrightPeak { get; init; } = 1;

    public double BrightSustain { get; init; } = 0.7;

    /// <summary>Tones played at once.</summary>
    public int Unison { get; init; } = 1;

    /// <summary>Cents between the outer tones of the unison.</summary>
    public double Detune { get; init; }

    /// <summary>0 to 1: width of the unison.</summary>
    public double Width { get; init; }

    /// <summary>Cents.</summary>
    public double Vibrato { get; init; }

    public double VibratoHertz { get; init; } = 5.3;

    /// <summary>Level of breath or bow noise.</summary>
    public double Breath { get; init; }
}

/// <summary>A tone of one or more detuned oscillators that fades between a soft and a loud spectrum as it is played.</summary>
internal sealed class SustainedVoice : Voice
{
    private const int Chunk = 32;
    private readonly SustainedPatch _patch;
    private readonly float[] _table;

    // Of a whole turn, in parts of 2^32: they wrap by themselves.
    private readonly uint[] _phases;
    private readonly double[] _increments;
    private readonly float[] _lefts;
    private readonly float[] _rights;
    private readonly double _rate;
    private readonly double _velocity;
    private readonly double _bright;
    private readonly double _vibratoPhase;
    private Noise _noise;
    private float _breathLow;
    private float _breathBand;
    private float _level;
    private float _mix;
    private double _releaseLevel;
    private int _time;
    private readonly int _gate;

    /// <param name="note">What to play.</param>
    /// <param name="patch">How it sounds.</param>
    /// <param name="table">The patch's spectra at this pitch, as <see cref="Wavetable.Make"/> gives them.</param>
    public SustainedVoice(in VoiceNote note, SustainedPatch patch, float[] table)
    {
        (_patch, _table, _rate, _gate) = (patch, table, note.SampleRate, note.Gate);
        _velocity = note.Velocity;
        _bright = Math.Clamp((0.25 + (0.85 * note.Velocity)) * (1 + (0.35 * note.Brightness)), 0, 1);
        _noise = new Noise(note.Seed);
        _vibratoPhase = (_noise.Next() + 1) * Math.PI;
        var count = patch.Unison;
        _phases = new uint[count];
        _increments = new double[count];
        _lefts = new float[count];
        _rights = new float[count];
        for (var u = 0; u < count; u++)
        {
            var place = count == 1 ? 0 : (2.0 * u / (count - 1)) - 1;
            _phases[u] = count == 1 ? 0 : (uint)((_noise.Next() + 1) * 0.5 * uint.MaxValue);
            var cents = place * patch.Detune / 2;
            _increments[u] = note.Frequency * Math.Pow(2, cents / 1200) / note.SampleRate * 4294967296.0;
            (_lefts[u], _rights[u]) = (note with { Pan = (float)Math.Clamp(note.Pan + (place * patch.Width), -1, 1) }).Gains;
            _lefts[u] /= MathF.Sqrt(count);
            _rights[u] /= MathF.Sqrt(count);
        }
    }

    public override bool Render(Span<float> left, Span<float> right)
    {
        for (var at = 0; at < left.Length; at += Chunk)
        {
            var count = Math.Min(Chunk, left.Length - at);
            RenderChunk(left.Slice(at, count), right.Slice(at, count));
            _time += count;
        }

        return _time < _gate || _level > 2e-5f;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RenderChunk(Span<float> left, Span<float> right)
    {
        var count = left.Length;
        var end = _time + count;
        var (level, mix) = ((float)Envelope(end), (float)Mix(end));
        var levelStep = (level - _level) / count;
        var mixStep = (mix - _mix) / count;
        var bend = Bend();
        var table = _table;
        for (var u = 0; u < _phases.Length; u++)
        {
            var (phase, increment, l, r) = (_phases[u], (uint)(_increments[u] * bend), _lefts[u], _rights[u]);
            var (a, m) = (_level, _mix);
            for (var i = 0; i < left.Length; i++)
            {
                var near = Wavetable.Near(table, phase, out var fraction);
                a += levelStep;
                m += mixStep;
                var here = near + (fraction * (Vector128.Shuffle(near, Vector128.Create(2, 3, 2, 3)) - near));
                var y = (here[0] + (m * (here[1] - here[0]))) * a;
                left[i] += y * l;
                right[i] += y * r;
                phase += increment;
            }

            _phases[u] = phase;
        }

        if (_patch.Breath > 0)
            AddBreath(left, right, (float)_patch.Breath * level);
        (_level, _mix) = (level, mix);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBreath(Span<float> left, Span<float> right, float level)
    {
        for (var i = 0; i < left.Length; i++)
        {
            // A wide band around 2 kHz.
            _breathLow += (_noise.Next() - _breathLow) * 0.3f;
            _breathBand += (_breathLow - _breathBand) * 0.1f;
            var y = (_breathLow - _breathBand) * level;
            left[i] += y * _lefts[0];
            right[i] += y * _rights[0];
        }
    }

    private double Envelope(int time)
    {
        var seconds = time / _rate;
        var attack = _patch.Attack * (1.3 - (0.5 * _velocity));
        if (time <= _gate)
        {
            var rise = Math.Min(1, seconds / attack);
            rise = rise * rise * (3 - (2 * rise));
            var fall = seconds > attack ? _patch.Sustain + ((1 - _patch.Sustain) * Math.Exp(-(seconds - attack) / _patch.Decay)) : 1;
            return _releaseLevel = rise * fall * _velocity;
        }

        return _releaseLevel * Math.Exp(-6.9 * (time - _gate) / (_patch.Release * _rate));
    }

    private double Mix(int time)
    {
        var seconds = time / _rate;
        var rise = Math.Min(1, seconds / Math.Max(0.004, _patch.Attack * 1.2));
        var fall = _patch.BrightSustain + ((_patch.BrightPeak - _patch.BrightSustain) * Math.Exp(-seconds / _patch.Decay));
        var after = time > _gate ? Math.Exp(-3.0 * (time - _gate) / (_patch.Release * _rate)) : 1;
        return rise * fall * _bright * after;
    }

    private float Bend()
    {
        if (_patch.Vibrato <= 0)
            return 1;
        var seconds = _time / _rate;
        // Players let a note stand for a moment before they shake it.
        var depth = _patch.Vibrato * Math.Clamp((seconds - 0.18) * 2.5, 0, 1);
        return 1 + (float)(depth * 0.00057779 * Math.Sin((2 * Math.PI * _patch.VibratoHertz * seconds) + _vibratoPhase));
    }
}
