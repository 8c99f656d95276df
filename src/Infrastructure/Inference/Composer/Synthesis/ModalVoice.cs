using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>One mode of a struck body.</summary>
/// <param name="Ratio">Frequency over the note's.</param>
/// <param name="Level">At full velocity.</param>
/// <param name="Seconds">Time to fall by 60 dB.</param>
internal readonly record struct Mode(double Ratio, double Level, double Seconds);

/// <summary>
/// A struck body (string, bar, bell) as a sum of decaying modes, eight at a time: each is a complex number that turns
/// and shrinks once a sample. It starts at the zero of its sine, so that no strike clicks.
/// </summary>
internal sealed class ModalVoice : Voice
{
    private const int Lanes = 8;
    private readonly Vector256<float>[] _real;
    private readonly Vector256<float>[] _imaginary;
    private readonly Vector256<float>[] _cosine;
    private readonly Vector256<float>[] _sine;
    private readonly float _left;
    private readonly float _right;
    private readonly float _damping;
    private readonly float _knockDecay;
    private Noise _noise;
    private float _knock;
    private float _contact;
    private readonly float _contactStep;
    private float _knockLow;
    private int _gate;
    private bool _isDamped;
    private float _energy;

    /// <param name="note">What to play.</param>
    /// <param name="modes">Modes above 16 kHz or the band are left out.</param>
    /// <param name="knock">Level of the strike's noise.</param>
    /// <param name="damping">Seconds to fall by 60 dB once the key is let go; 0 lets it ring.</param>
    public ModalVoice(in VoiceNote note, IReadOnlyList<Mode> modes, double knock, double damping)
    {
        var limit = Math.Min(16000, note.SampleRate * 0.45);
        var frequency = note.Frequency;
        var groups = (modes.Count + Lanes - 1) / Lanes;
        _real = new Vector256<float>[groups];
        _imaginary = new Vector256<float>[groups];
        _cosine = new Vector256<float>[groups];
        _sine = new Vector256<float>[groups];
        for (var m = 0; m < modes.Count; m++)
        {
            var hertz = frequency * modes[m].Ratio;
            if (hertz > limit)
                continue;
            var angle = 2 * Math.PI * hertz / note.SampleRate;
            var radius = Math.Pow(10, -3 / (modes[m].Seconds * note.SampleRate));
            var (group, lane) = (m / Lanes, m % Lanes);
            _real[group] = _real[group].WithElement(lane, (float)modes[m].Level * note.Velocity);
            _cosine[group] = _cosine[group].WithElement(lane, (float)(radius * Math.Cos(angle)));
            _sine[group] = _sine[group].WithElement(lane, (float)(radius * Math.Sin(angle)));
        }

        (_left, _right) = note.Gains;
        _gate = note.Gate;
        _damping = damping > 0 ? (float)Math.Pow(10, -3 / (damping * note.SampleRate)) : 1;
        _knock = (float)knock * note.Velocity * note.Velocity;
        _knockDecay = (float)Math.Pow(10, -3 / (0.035 * note.SampleRate));
        _noise = new Noise(note.Seed);
        // A hammer stays on its string for a moment, a soft one for longer: without it each strike would begin with a break.
        _contactStep = 1 / (float)((0.0022 - (0.0012 * note.Velocity)) * note.SampleRate);
    }

    public override bool Render(Span<float> left, Span<float> right)
    {
        var held = Math.Clamp(_gate, 0, left.Length);
        if (held > 0)
            Ring(left[..held], right[..held]);
        _gate -= held;
        if (_gate == 0 && !_isDamped)
            Damp();
        if (held < left.Length)
            Ring(left[held..], right[held..]);
        return _energy > 1e-9f;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Ring(Span<float> left, Span<float> right)
    {
        // The lanes are added up once for each sample, after all groups.
        Span<Vector256<float>> sums = stackalloc Vector256<float>[left.Length];
        sums.Clear();
        _energy = 0;
        for (var g = 0; g < _real.Length; g++)
        {
            var (re, im, c, s) = (_real[g], _imaginary[g], _cosine[g], _sine[g]);
            for (var i = 0; i < sums.Length; i++)
            {
                var turned = (re * c) - (im * s);
                im = (im * c) + (re * s);
                re = turned;
                sums[i] += im;
            }

            (_real[g], _imaginary[g]) = (re, im);
            _energy += Vector256.Sum((re * re) + (im * im));
        }

        Span<float> mono = stackalloc float[left.Length];
        for (var i = 0; i < mono.Length; i++)
            mono[i] = Vector256.Sum(sums[i]);
        AddKnock(mono);
        for (var i = 0; i < mono.Length && _contact < 1; i++)
        {
            mono[i] *= _contact * _contact * (3 - (2 * _contact));
            _contact = Math.Min(1, _contact + _contactStep);
        }

        for (var i = 0; i < mono.Length; i++)
        {
            left[i] += mono[i] * _left;
            right[i] += mono[i] * _right;
        }
    }

    private void Damp()
    {
        _isDamped = true;
        for (var g = 0; g < _real.Length; g++)
        {
            _cosine[g] *= _damping;
            _sine[g] *= _damping;
        }
    }

    private void AddKnock(Span<float> mono)
    {
        for (var i = 0; i < mono.Length && _knock > 1e-4f; i++)
        {
            _knockLow += (_noise.Next() - _knockLow) * 0.12f;
            mono[i] += _knockLow * _knock;
            _knock *= _knockDecay;
        }
    }
}
