using System.Globalization;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Corpus;

/// <summary>Writes descriptions as people do: some precise, some vague, in changing order and words. The same number and seed give the same text.</summary>
internal static class PromptWriter
{
    private static readonly string[] Tonics = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    private static readonly string[] Kinds = ["piece", "track", "song", "tune", "instrumental"];
    private static readonly string[] Forms = ["starts quiet, builds up", "with a big ending", "that fades out", "with a soft ending", "builds up slowly", "with a drop"];

    public static string Write(long seed, int number)
    {
        var dice = new Dice(seed, "corpus", "prompt").For(number);
        var genre = MusicVocabulary.Genres[number % MusicVocabulary.Genres.Count];
        var parts = new List<string>();
        if (dice.Chance(0.75))
            parts.Add(Say(dice, Thesaurus.Moods, dice.Pick(MusicVocabulary.Moods), 0.35));
        parts.Add(Say(dice, Thesaurus.Genres, genre, 0.3));
        var sentence = dice.Chance(0.5) ? $"a {string.Join(' ', parts)} {dice.Pick(Kinds)}" : string.Join(' ', parts);
        if (dice.Chance(0.45))
            sentence += $" with {Say(dice, Thesaurus.Instruments, dice.Pick(MusicVocabulary.Instruments), 0.25)}";
        if (dice.Chance(0.2))
            sentence += $" and {dice.Pick(MusicVocabulary.Instruments)}";
        if (dice.Chance(0.12))
            sentence += ", no drums";
        if (dice.Chance(0.5))
            sentence += string.Create(CultureInfo.InvariantCulture, $", {50 + dice.Below(131)} bpm");
        else if (dice.Chance(0.4))
            sentence += $", {dice.Pick(Thesaurus.Paces.Select(p => p.Phrases.Split('|')[0]).ToList())}";
        if (dice.Chance(0.5))
            sentence += $", in {dice.Pick(Tonics)} {(dice.Chance(0.5) ? "major" : "minor")}";
        if (dice.Chance(0.1))
            sentence += ", 3/4";
        if (dice.Chance(0.2))
            sentence += $", {dice.Pick(Forms)}";
        return sentence;
    }

    private static string Say(Dice dice, IReadOnlyList<(string Name, string Phrases)> table, string name, double otherwise)
    {
        var phrases = table.FirstOrDefault(t => t.Name == name).Phrases?.Split('|');
        return phrases is not null && dice.Chance(otherwise) ? dice.Pick(phrases) : name;
    }
}
