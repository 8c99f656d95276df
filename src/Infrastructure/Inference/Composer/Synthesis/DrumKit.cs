using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>Makes each drum's sound once, in a few variations so that repeated hits aren't copies, and plays it from there.</summary>
internal sealed class DrumKit(int sampleRate, Dice dice)
{
    private const int Variations = 3;
    private const int PlateModes = 24;
    private readonly Dictionary<int, float[]> _hits = [];

    /// <summary>A hit of a piece; its note's pitch is the piece.</summary>
    public Voice Strike(in VoiceNote note)
    {
        var key = (note.Pitch * Variations) + (int)(note.Seed % Variations);
        if (!_hits.TryGetValue(key, out var sound))
            _hits[key] = sound = Make(note.Pitch, new Noise(dice.For(key).NextUInt()));
        return new HitVoice(sound, note with { Pan = Pan(note.Pitch) });
    }

    private static float Pan(int piece) => piece switch
    {
        DrumPiece.ClosedHat or DrumPiece.OpenHat => 0.3f,
        DrumPiece.Ride => -0.35f,
        DrumPiece.Crash => -0.2f,
        DrumPiece.HighTom => 0.3f,
        DrumPiece.LowTom => -0.3f,
        DrumPiece.Shaker => -0.4f,
        DrumPiece.Tambourine => 0.45f,
        DrumPiece.Conga => 0.2f,
        _ => 0,
    };

    private float[] Make(int piece, Noise noise) => piece switch
    {
        DrumPiece.Kick => Skin(ref noise, 0.45, 47, 130, 0.028, 0.16, 0.25, 1.0),
        DrumPiece.GranCassa => Skin(ref noise, 1.6, 43, 38, 0.06, 0.5, 0.06, 0.7),
        DrumPiece.LowTom => Skin(ref noise, 0.7, 82, 50, 0.06, 0.22, 0.08, 0.55),
        DrumPiece.MidTom => Skin(ref noise, 0.6, 112, 60, 0.06, 0.18, 0.08, 0.52),
        DrumPiece.HighTom => Skin(ref noise, 0.5, 150, 70, 0.05, 0.15, 0.08, 0.5),
        DrumPiece.Conga => Skin(ref noise, 0.4, 215, 25, 0.02, 0.09, 0.12, 0.5),
        DrumPiece.SideStick => Stick(ref noise),
        DrumPiece.Snare => Snare(ref noise),
        DrumPiece.Clap => Clap(ref noise),
        DrumPiece.Brush => Burst(ref noise, 0.25, 1200, 5500, 0.03, 0.07, 0.5),
        DrumPiece.Shaker => Burst(ref noise, 0.14, 4200, 9500, 0.018, 0.028, 0.3),
        DrumPiece.Tambourine => Metal(ref noise, 0.3, 6500, 0.07, 0.35, 0.6),
        DrumPiece.ClosedHat => Metal(ref noise, 0.12, 7000, 0.022, 0.34, 0.5),
        DrumPiece.OpenHat => Metal(ref noise, 0.6, 6500, 0.13, 0.32, 0.5),
        DrumPiece.Ride => Metal(ref noise, 1.4, 4500, 0.3, 0.2, 0.8),
        _ => Metal(ref noise, 2.2, 3200, 0.45, 0.42, 0.4),
    };

    /// <summary>A skin: a sine that falls in pitch, with the beater's click.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float[] Skin(ref Noise noise, double seconds, double hertz, double drop, double dropTime, double decay, double click, double level)
    {
        var sound = new float[(int)(seconds * sampleRate)];
        var phase = 0.0;
        var low = 0f;
        for (var i = 0; i < sound.Length; i++)
        {
            var t = (double)i / sampleRate;
            phase += (hertz + (drop * Math.Exp(-t / dropTime))) / sampleRate;
            low += (noise.Next() - low) * 0.35f;
            var body = Math.Tanh(1.6 * Math.Sin(2 * Math.PI * phase) * Math.Exp(-t / decay));
            sound[i] = (float)(level * Math.Min(1, t * 1500) * (body + (click * low * Math.Exp(-t / 0.006))));
        }

        return Faded(sound);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float[] Snare(ref Noise noise)
    {
        var sound = new float[(int)(0.4 * sampleRate)];
        var (low, band) = (0f, 0f);
        for (var i = 0; i < sound.Length; i++)
        {
            var t = (double)i / sampleRate;
            var white = noise.Next();
            low += (white - low) * 0.18f;
            band += (white - low - band) * 0.62f;
            var skin = (Math.Sin(2 * Math.PI * ((186 * t) + (1.2 * (1 - Math.Exp(-t / 0.02))))) * 0.6) + (Math.Sin(2 * Math.PI * 331 * t) * 0.3);
            sound[i] = (float)(Math.Min(1, t * 3000) * ((skin * Math.Exp(-t / 0.07)) + (band * 0.75 * Math.Exp(-t / 0.095))) * 0.75);
        }

        return Faded(sound);
    }

    private float[] Stick(ref Noise noise)
    {
        var sound = new float[(int)(0.12 * sampleRate)];
        for (var i = 0; i < sound.Length; i++)
        {
            var t = (double)i / sampleRate;
            var wood = (Math.Sin(2 * Math.PI * 1720 * t) * Math.Exp(-t / 0.012)) + (0.6 * Math.Sin(2 * Math.PI * 480 * t) * Math.Exp(-t / 0.02));
            sound[i] = (float)(0.5 * Math.Min(1, t * 4000) * (wood + (0.3 * noise.Next() * Math.Exp(-t / 0.004))));
        }

        return Faded(sound);
    }

    private float[] Clap(ref Noise noise)
    {
        var sound = Burst(ref noise, 0.35, 800, 3200, 0.002, 0.075, 0.9);
        for (var i = 0; i < sound.Length; i++)
        {
            var t = (double)i / sampleRate;
            // Four hands, eleven milliseconds apart, before the room answers.
            if (t < 0.033)
                sound[i] *= (float)Math.Exp(-(t % 0.011) / 0.004);
        }

        return sound;
    }

    /// <summary>Noise between two frequencies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float[] Burst(ref Noise noise, double seconds, double from, double to, double attack, double decay, double level)
    {
        var sound = new float[(int)(seconds * sampleRate)];
        var (high, low) = (Coefficient(from), Coefficient(to));
        var (a, b, c) = (0f, 0f, 0f);
        for (var i = 0; i < sound.Length; i++)
        {
            var t = (double)i / sampleRate;
            a += (noise.Next() - a) * low;
            b += (a - b) * low;
            c += (b - c) * high;
            sound[i] = (float)((b - c) * 2.2 * level * Math.Min(1, t / attack) * Math.Exp(-Math.Max(0, t - attack) / decay));
        }

        return Faded(sound);
    }

    /// <summary>A metal plate: many inharmonic modes, other ones in each variation, and noise, without what lies below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float[] Metal(ref Noise noise, double seconds, double from, double decay, double level, double plate)
    {
        var sound = new float[(int)(seconds * sampleRate)];
        var limit = Math.Min(15000, sampleRate * 0.44);
        for (var mode = 0; mode < PlateModes; mode += Vector512<double>.Count)
        {
            var (re, c, s) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
            for (var lane = 0; lane < Vector512<double>.Count; lane++)
            {
                // Evenly strewn, so that no mode stands out as a tone; the high ones die first.
                var hertz = from * 0.6 * Math.Pow(limit / (from * 0.6), (mode + lane + 0.5 + (0.45 * noise.Next())) / PlateModes);
                var angle = 2 * Math.PI * hertz / sampleRate;
                var radius = Math.Exp(-1 / (decay * Math.Sqrt(from / hertz) * sampleRate));
                c = c.WithElement(lane, radius * Math.Cos(angle));
                s = s.WithElement(lane, radius * Math.Sin(angle));
                re = re.WithElement(lane, plate * 0.22 * (1 + (0.5 * noise.Next())));
            }

            var im = Vector512<double>.Zero;
            for (var i = 0; i < sound.Length; i++)
            {
                (re, im) = ((re * c) - (im * s), (im * c) + (re * s));
                sound[i] += (float)Vector512.Sum(im);
            }
        }

        var high = Coefficient(from);
        var top = Coefficient(11500);
        var (a, b, low) = (0f, 0f, 0f);
        for (var i = 0; i < sound.Length; i++)
        {
            var t = (double)i / sampleRate;
            var hiss = (1 - plate) * noise.Next() * (Math.Exp(-t / decay) + (0.6 * Math.Exp(-t / 0.01)));
            var x = sound[i] + (float)hiss;
            a += (x - a) * high;
            b += (x - a - b) * high * 0.5f;
            low += (x - a - b - low) * top;
            sound[i] = (float)(low * level * Math.Min(1, t * 3000));
        }

        return Faded(sound);
    }

    private float Coefficient(double hertz) => (float)(1 - Math.Exp(-2 * Math.PI * Math.Min(hertz, sampleRate * 0.4) / sampleRate));

    /// <summary>What is cut off at the end of the array must have died away.</summary>
    private static float[] Faded(float[] sound)
    {
        var tail = sound.Length / 5;
        for (var i = 0; i < tail; i++)
            sound[^(i + 1)] *= (float)i / tail;
        return sound;
    }

    private sealed class HitVoice : Voice
    {
        private readonly float[] _sound;
        private readonly float _left;
        private readonly float _right;
        private readonly float _smooth;
        private float _low;
        private int _at;

        public HitVoice(float[] sound, in VoiceNote note)
        {
            _sound = sound;
            var level = note.Velocity * (0.35f + (0.65f * note.Velocity));
            (_left, _right) = note.Gains;
            _left *= level;
            _right *= level;
            // Soft hits are dull.
            _smooth = Math.Min(1, 0.25f + (0.85f * note.Velocity) + (0.2f * note.Brightness));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override bool Render(Span<float> left, Span<float> right)
        {
            var count = Math.Min(left.Length, _sound.Length - _at);
            var (low, smooth, gainLeft, gainRight) = (_low, _smooth, _left, _right);
            var sound = _sound.AsSpan(_at, count);
            for (var i = 0; i < sound.Length; i++)
            {
                low += (sound[i] - low) * smooth;
                left[i] += low * gainLeft;
                right[i] += low * gainRight;
            }

            _low = low;
            _at += count;
            return _at < _sound.Length;
        }
    }
}
