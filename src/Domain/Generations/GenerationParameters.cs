namespace MusicGen.Domain.Generations;

/// <summary>What the caller asked for beside prompt, length and seed; null where nothing was said.</summary>
public sealed record GenerationParameters
{
    public const int MaxPromptLength = 1000;
    public const int MaxInstruments = 12;
    public const double MinTempo = 40;
    public const double MaxTempo = 240;
    public const double MinTemperature = 0.1;
    public const double MaxTemperature = 2;
    public const int MaxTopK = 2048;
    public const double MinGuidanceScale = 1;
    public const double MaxGuidanceScale = 10;

    public double? Temperature { get; init; }

    public int? TopK { get; init; }

    public double? TopP { get; init; }

    public double? GuidanceScale { get; init; }

    public bool? DoSample { get; init; }

    public string? NegativePrompt { get; init; }

    public string? Genre { get; init; }

    public string? Mood { get; init; }

    public double? Tempo { get; init; }

    public string? Key { get; init; }

    public IReadOnlyList<string>? Instruments { get; init; }

    public int? SampleRate { get; init; }

    public string? ContinueFrom { get; init; }

    public string? MelodyFrom { get; init; }

    public string? Normalize { get; init; }

    /// <summary>Whether the samples are given out at the level that the engine made them at, so that none waits for the whole.</summary>
    public bool KeepsLevel => Normalize == "none";

    /// <summary>Whether a text says something, in characters that fit: code points, as JSON Schema's maxLength counts, so that an emoji is one.</summary>
    public static bool IsPrompt(string? text) =>
        !string.IsNullOrWhiteSpace(text) && text.Length <= 2 * MaxPromptLength && text.EnumerateRunes().Count() <= MaxPromptLength;
}
