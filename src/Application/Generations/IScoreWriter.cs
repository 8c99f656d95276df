using MusicGen.Domain;

namespace MusicGen.Application.Generations;

/// <summary>What an engine that composes can give beside the sound. Nothing is kept: a request is composed anew, to the same notes.</summary>
public interface IScoreWriter
{
    /// <summary>Of this machine's composer: pieces of another version would get other notes.</summary>
    int EngineVersion { get; }

    /// <summary>Whether pieces of this model have a score.</summary>
    bool Writes(string model);

    /// <summary>The piece's notes as a standard MIDI file of type 1.</summary>
    /// <param name="request">As it was made.</param>
    /// <exception cref="MusicGenerationException">It can't be composed; the message may be shown to people.</exception>
    byte[] Midi(MusicRequest request);

    /// <summary>The piece's players as a ZIP of WAV files that add up to it, written while it is read.</summary>
    /// <param name="request">As it was made.</param>
    /// <param name="ct">Ends the work when the reader leaves.</param>
    /// <returns>A stream that can't seek; <c>service.unavailable</c> while too many are being written.</returns>
    Result<Stream> OpenStems(MusicRequest request, CancellationToken ct);
}
