namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>One sounding note.</summary>
internal abstract class Voice
{
    /// <summary>Adds the next samples to both channels; false once the voice has died away and may be dropped.</summary>
    public abstract bool Render(Span<float> left, Span<float> right);
}

/// <summary>What a voice is to play.</summary>
/// <param name="Pitch">MIDI note number.</param>
/// <param name="Velocity">0 to 1.</param>
/// <param name="Gate">Frames until the key is let go.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Pan">-1 (left) to 1.</param>
/// <param name="Brightness">-1 to 1, of the whole piece.</param>
/// <param name="Seed">Starts the voice's noise.</param>
internal readonly record struct VoiceNote(int Pitch, float Velocity, int Gate, int SampleRate, float Pan, float Brightness, uint Seed)
{
    public double Frequency => 440 * Math.Pow(2, (Pitch - 69) / 12.0);

    /// <summary>Factors of equal power for both channels.</summary>
    public (float Left, float Right) Gains => ((float)Math.Cos((Pan + 1) * Math.PI / 4), (float)Math.Sin((Pan + 1) * Math.PI / 4));
}

/// <summary>White noise by Marsaglia's xorshift: good enough to hear and cheap enough for every sample.</summary>
internal struct Noise(uint seed)
{
    private uint _state = seed | 1;

    /// <summary>Uniform in -1…1.</summary>
    public float Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        return (int)_state * (1f / 2147483648f);
    }
}
