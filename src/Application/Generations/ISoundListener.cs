namespace MusicGen.Application.Generations;

/// <summary>Hears a piece while it is made, on the thread that makes it: neither call may wait for anybody.</summary>
public interface ISoundListener
{
    /// <summary>Comes first, once.</summary>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="channels">1 or 2.</param>
    /// <param name="frames">Samples of one channel that will come.</param>
    void Begin(int sampleRate, int channels, long frames);

    /// <summary>Hears the next samples, which won't change any more.</summary>
    /// <param name="samples">Interleaved; they are the listener's during the call only.</param>
    void Hear(ReadOnlySpan<float> samples);
}
