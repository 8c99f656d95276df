using FluentValidation;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GenerateMusic;

/// <summary>Shape and bounds. Which of the fields a model honours is the handler's question.</summary>
internal sealed class GenerateMusicCommandValidator : AbstractValidator<GenerateMusicCommand>
{
    private const int MaxKeyLength = 255;
    private static readonly string[] Normalizations = ["loudness", "peak", "none"];
    private static readonly int?[] SampleRates = [32000, 44100];

    public GenerateMusicCommandValidator(ICurrentUser caller)
    {
        var longest = ClipDuration.MaxFor(caller.Tier);

        RuleFor(c => c.Prompt).Must(GenerationParameters.IsPrompt)
            .WithMessage($"'prompt' must be 1 to {GenerationParameters.MaxPromptLength} characters.");
        RuleFor(c => c.NegativePrompt).Must(GenerationParameters.IsPrompt)
            .WithMessage($"'negative_prompt' must be 1 to {GenerationParameters.MaxPromptLength} characters.")
            .When(c => c.NegativePrompt is not null);
        RuleFor(c => c.Duration).Cascade(CascadeMode.Stop)
            .InclusiveBetween(ClipDuration.MinSeconds, longest)
            .WithMessage($"'duration' must be {ClipDuration.MinSeconds} to {longest} seconds in your tier.")
            .Must(d => d is null || ClipDuration.IsWholeMilliseconds(d.Value))
            .WithMessage("'duration' must be whole milliseconds.");
        RuleFor(c => c.Model).NotEmpty().MaximumLength(200).When(c => c.Model is not null);
        RuleFor(c => c.Seed).GreaterThanOrEqualTo(0);
        SamplingRules();
        MusicRules();
        RuleFor(c => c.IdempotencyKey).Length(1, MaxKeyLength).Must(k => k is null || k.All(c => c is >= ' ' and <= '~'))
            .WithMessage($"'Idempotency-Key' must be 1 to {MaxKeyLength} printable ASCII characters.");
    }

    private void SamplingRules()
    {
        RuleFor(c => c.Temperature).InclusiveBetween(GenerationParameters.MinTemperature, GenerationParameters.MaxTemperature);
        RuleFor(c => c.TopK).InclusiveBetween(0, GenerationParameters.MaxTopK);
        RuleFor(c => c.TopP).InclusiveBetween(0, 1);
        RuleFor(c => c.GuidanceScale).InclusiveBetween(GenerationParameters.MinGuidanceScale, GenerationParameters.MaxGuidanceScale);
        RuleFor(c => c.SampleRate).Must(r => r is null || SampleRates.Contains(r)).WithMessage("'sample_rate' must be 32000 or 44100.");
        RuleFor(c => c.ContinueFrom).Must(BeTaskId).WithMessage("'continue_from' must be a task's id.");
        RuleFor(c => c.MelodyFrom).Must(BeTaskId).WithMessage("'melody_from' must be a task's id.");
        RuleFor(c => c.Normalize).Must(n => n is null || Normalizations.Contains(n)).WithMessage("'normalize' must be loudness, peak or none.");
    }

    private void MusicRules()
    {
        RuleFor(c => c.Tempo).InclusiveBetween(GenerationParameters.MinTempo, GenerationParameters.MaxTempo);
        RuleFor(c => c.Genre).Must(g => g is null || MusicVocabulary.FindGenre(g) is not null)
            .WithMessage($"'genre' must be one of {string.Join(", ", MusicVocabulary.Genres)}.");
        RuleFor(c => c.Mood).Must(m => m is null || MusicVocabulary.FindMood(m) is not null)
            .WithMessage($"'mood' must be one of {string.Join(", ", MusicVocabulary.Moods)}.");
        RuleFor(c => c.Key).Must(k => k is null || MusicalKey.TryParse(k, out _))
            .WithMessage("'key' must be a key as in 'D minor', 'F# major' or 'Bb'.");
        RuleFor(c => c.Instruments).Must(i => i is null || i.Count is >= 1 and <= GenerationParameters.MaxInstruments)
            .WithMessage($"'instruments' must be 1 to {GenerationParameters.MaxInstruments} names.");
        RuleForEach(c => c.Instruments).Must(i => MusicVocabulary.FindInstrument(i) is not null)
            .WithMessage($"An instrument must be one of {string.Join(", ", MusicVocabulary.Instruments)}.");
    }

    private static bool BeTaskId(string? id) => id is null || GenerationId.TryParse(id, out _);
}
