using MusicGen.Application.Generations.GenerateMusic;

namespace MusicGen.WebApi.Controllers;

/// <summary>A request for music. Only the prompt is required; what a model can't honour it refuses by name.</summary>
public sealed record GenerateRequest
{
    /// <summary>What to make, in words: 1 to 1000 characters.</summary>
    public required string Prompt { get; init; }

    /// <summary>Seconds, to the millisecond: 1 to 60 (free), 120 (premium) or 300 (enterprise); 10 when absent.</summary>
    public double? Duration { get; init; }

    /// <summary>An id that /api/v1/models lists; the best one here when absent.</summary>
    public string? Model { get; init; }

    /// <summary>0 to 2^63-1; drawn below 2^53 and returned when absent. The same seed gives the same samples.</summary>
    public long? Seed { get; init; }

    /// <summary>0.1 to 2.</summary>
    public double? Temperature { get; init; }

    /// <summary>0 to 2048; 250 when absent.</summary>
    public int? TopK { get; init; }

    /// <summary>0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary>1 to 10; 3 when absent.</summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Whether to draw, or always take the likeliest.</summary>
    public bool? DoSample { get; init; }

    /// <summary>What to keep away from.</summary>
    public string? NegativePrompt { get; init; }

    public string? Genre { get; init; }

    public string? Mood { get; init; }

    /// <summary>Beats a minute, 40 to 240.</summary>
    public double? Tempo { get; init; }

    /// <summary>As in "D minor".</summary>
    public string? Key { get; init; }

    public IReadOnlyList<string>? Instruments { get; init; }

    /// <summary>32000 or 44100 Hz, where the model offers both.</summary>
    public int? SampleRate { get; init; }

    /// <summary>A task to go on from; the duration is then the whole, the given part included.</summary>
    public string? ContinueFrom { get; init; }

    /// <summary>A task whose melody to follow.</summary>
    public string? MelodyFrom { get; init; }

    /// <summary>loudness (the default), peak or none.</summary>
    public string? Normalize { get; init; }

    public override string ToString() => nameof(GenerateRequest); // keeps the prompt out of every log

    internal GenerateMusicCommand ToCommand(string? idempotencyKey = null, Guid? batchId = null) => new()
    {
        Prompt = Prompt,
        Duration = Duration,
        Model = Model,
        Seed = Seed,
        Temperature = Temperature,
        TopK = TopK,
        TopP = TopP,
        GuidanceScale = GuidanceScale,
        DoSample = DoSample,
        NegativePrompt = NegativePrompt,
        Genre = Genre,
        Mood = Mood,
        Tempo = Tempo,
        Key = Key,
        Instruments = Instruments,
        SampleRate = SampleRate,
        ContinueFrom = ContinueFrom,
        MelodyFrom = MelodyFrom,
        Normalize = Normalize,
        IdempotencyKey = idempotencyKey,
        BatchId = batchId,
    };
}
