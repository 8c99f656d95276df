namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>One word of a text.</summary>
/// <param name="Text">Lower case.</param>
/// <param name="IsCapital">Whether it began with an upper-case letter, which tells the note A from the article.</param>
/// <param name="EndsClause">Whether a comma, a full stop or the like follows.</param>
/// <param name="Start">Where in the text it begins.</param>
internal readonly record struct Word(string Text, bool IsCapital, bool EndsClause, int Start);

/// <summary>Cuts a text into words by hand, in one pass, so that no text is expensive.</summary>
internal static class Words
{
    private const int MaxWords = 1000;
    private const int MaxLength = 24;

    public static List<Word> Of(string text)
    {
        var words = new List<Word>();
        for (var i = 0; i < text.Length && words.Count < MaxWords;)
        {
            if (!IsPart(text, i))
            {
                if (words.Count > 0 && text[i] is ',' or '.' or ';' or ':' or '!' or '?' or '(' or ')' or '\n')
                    words[^1] = words[^1] with { EndsClause = true };
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && IsPart(text, i) && IsDigit(text[i]) == IsDigit(text[start]))
                i++;
            // Nothing in the lexicon is longer; what is cut off is still skipped as one word.
            var word = text.AsSpan(start, Math.Min(i - start, MaxLength));
            words.Add(new Word(word.ToString().ToLowerInvariant(), char.IsUpper(word[0]), false, start));
        }

        return words;
    }

    private static bool IsDigit(char c) => char.IsAsciiDigit(c) || c is '/' or '.';

    private static bool IsPart(string text, int i) =>
        char.IsLetter(text[i]) || char.IsAsciiDigit(text[i]) || text[i] is '#' or '♯' or '♭'
        || (text[i] is '/' or '.' && i > 0 && i + 1 < text.Length && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]));
}
