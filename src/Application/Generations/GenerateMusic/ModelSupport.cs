using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GenerateMusic;

/// <summary>No field is ignored in silence: what a model can't honour is refused by name.</summary>
internal static class ModelSupport
{
    /// <summary>Why a model can't do what was asked, every field named; null when it can.</summary>
    public static Error? Refusal(GenerateMusicCommand command, MusicModel model)
    {
        var refused = Asked(command).Where(f => f.IsSet && !model.Supports.Contains(f.Name))
            .ToDictionary(f => f.Name, _ => new[] { $"Not supported by {model.Id}." }, StringComparer.Ordinal);
        if (command.SampleRate is { } rate && !model.SampleRates.Contains(rate))
            refused["sample_rate"] = [$"{model.Id} offers {string.Join(" and ", model.SampleRates)}."];
        if (command.Seconds > model.MaxSeconds)
            refused["duration"] = [$"{model.Id} makes at most {model.MaxSeconds} seconds."];
        return refused.Count == 0
            ? null
            : GenerationErrors.UnsupportedField(refused.Keys.First(), model.Id) with { Fields = refused };
    }

    // Prompt, duration, model and seed are what every engine is made of.
    private static IEnumerable<(string Name, bool IsSet)> Asked(GenerateMusicCommand c) =>
    [
        ("temperature", c.Temperature is not null),
        ("top_k", c.TopK is not null),
        ("top_p", c.TopP is not null),
        ("guidance_scale", c.GuidanceScale is not null),
        ("do_sample", c.DoSample is not null),
        ("negative_prompt", c.NegativePrompt is not null),
        ("genre", c.Genre is not null),
        ("mood", c.Mood is not null),
        ("tempo", c.Tempo is not null),
        ("key", c.Key is not null),
        ("instruments", c.Instruments is not null),
        ("continue_from", c.ContinueFrom is not null),
        ("melody_from", c.MelodyFrom is not null),
        ("normalize", c.Normalize is not null),
    ];
}
