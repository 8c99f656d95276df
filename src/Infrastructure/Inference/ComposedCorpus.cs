using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Corpus;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Pairs of words and music with everything that is true of the music: what small networks can be taught with.</summary>
public static class ComposedCorpus
{
    /// <summary>The requests of a corpus; the same numbers give the same ones.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seconds">Length of each.</param>
    /// <param name="sampleRate">In hertz.</param>
    /// <param name="seed">Decides all words and pieces.</param>
    public static IEnumerable<MusicRequest> Requests(int count, double seconds, int sampleRate, long seed) => Enumerable.Range(0, count).Select(number => new MusicRequest
    {
        Prompt = PromptWriter.Write(seed, number),
        Seconds = seconds,
        Seed = unchecked((seed * 1_000_003) + number) & long.MaxValue,
        SampleRate = sampleRate,
    });

    /// <summary>What is true of the piece that a request makes.</summary>
    public static PieceLabels LabelsOf(MusicRequest request) => Labelling.Of(Piece.Write(request));
}

/// <summary>What is true of a piece.</summary>
/// <param name="Genre">One of the sixteen.</param>
/// <param name="Tempo">Beats per minute; of 6/8 and the like, dotted quarters.</param>
/// <param name="Key">As in "D minor".</param>
/// <param name="Metre">As in "3/4".</param>
/// <param name="Instruments">Everyone who plays a note.</param>
/// <param name="Chords">Without gaps, from the first beat to the end.</param>
/// <param name="Sections">Where the form turns.</param>
/// <param name="Understood">The words that were taken from the prompt.</param>
public sealed record PieceLabels(
    string Genre, double Tempo, string Key, string Metre, IReadOnlyList<PartLabel> Instruments, IReadOnlyList<ChordLabel> Chords,
    IReadOnlyList<SectionLabel> Sections, IReadOnlyList<string> Understood);

public sealed record PartLabel(string Role, string Instrument, int Notes);

/// <summary>A chord and when it sounds, in seconds.</summary>
public sealed record ChordLabel(double Start, double End, string Name);

/// <summary>Where a section begins, in seconds, and how strong it is, 0 to 1.</summary>
public sealed record SectionLabel(double Start, string Kind, int Theme, double Intensity);
