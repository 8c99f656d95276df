namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>Words that turn what follows into what shall not be.</summary>
internal static class Negations
{
    private static readonly string[][] Phrases =
    [
        ["instead", "of"], ["rather", "than"], ["free", "of"], ["free", "from"], ["devoid", "of"], ["leave", "out"], ["but", "no"], ["don", "t"], ["do", "not"],
        ["no"], ["not"], ["without"], ["minus"], ["exclude"], ["excluding"], ["except"], ["avoid"], ["avoiding"], ["never"], ["omit"], ["lacking"], ["skip"], ["sans"], ["zero"],
    ];

    /// <summary>How many words from here on negate; 0 for none.</summary>
    public static int Length(List<Word> words, int at)
    {
        foreach (var phrase in Phrases)
        {
            if (at + phrase.Length <= words.Count && phrase.Index().All(p => words[at + p.Index].Text == p.Item))
                return phrase.Length;
        }

        return 0;
    }
}
