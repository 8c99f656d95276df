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
        foreach (var (field, reason) in WithoutEffect(command, model))
            refused.TryAdd(field, [reason]);
        if (command.Seconds > model.MaxSeconds)
            refused["duration"] = [$"{model.Id} makes at most {model.MaxSeconds} seconds."];
        return refused.Count == 0
            ? null
            : GenerationErrors.UnsupportedField(refused.Keys.First(), model.Id) with { Fields = refused };
    }

    /// <summary>What another field of the same request takes the effect from.</summary>
    private static IEnumerable<(string Field, string Reason)> WithoutEffect(GenerateMusicCommand c, MusicModel model)
    {
        if (c.DoSample == false)
        {
            const string Reason = "Has no effect when do_sample is false.";
            if (c.Temperature is not null)
                yield return ("temperature", Reason);
            if (c.TopK is not null)
                yield return ("top_k", Reason);
            if (c.TopP is not null)
                yield return ("top_p", Reason);
        }

        // A composed piece goes on in the genre, tempo and key that it has.
        if (!model.Neural && c.ContinueFrom is not null)
        {
            const string Reason = "Has no effect with continue_from: the piece goes on as it is.";
            if (c.Genre is not null)
                yield return ("genre", Reason);
            if (c.Tempo is not null)
                yield return ("tempo", Reason);
            if (c.Key is not null)
                yield return ("key", Reason);
            if (c.MelodyFrom is not null)
                yield return ("melody_from", Reason);
        }

        if (c.NegativePrompt is not null && c.GuidanceScale == 1)
            yield return ("negative_prompt", "Has no effect when guidance_scale is 1.");
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
