using System.Globalization;
using MusicGen.Domain.Generations;

namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>Reads a description from left to right: longest phrase first, what it doesn't know it passes over.</summary>
internal sealed class DescriptionReader
{
    private const double SlowestTempo = 40;
    private const double FastestTempo = 240;
    private readonly List<Word> _words;
    private readonly Reading _reading = new();
    private int _at;
    private readonly SpokenDuration? _duration;
    private bool _negated;
    private bool _spreads;

    private DescriptionReader(string text)
    {
        _words = Words.Of(text);
        _duration = SpokenDuration.Find(text);
    }

    public static Reading Read(string text)
    {
        var reader = new DescriptionReader(text);
        while (reader._at < reader._words.Count)
            reader.ReadOne();
        return reader._reading;
    }

    /// <summary>Every instrument that a text names, for the text that says what shall not sound.</summary>
    public static IEnumerable<string> Unwanted(string text)
    {
        var words = Words.Of(text);
        for (var i = 0; i < words.Count; i++)
        {
            for (var length = 1; length <= Math.Min(Lexicon.LongestPhrase, words.Count - i); length++)
            {
                foreach (var instrument in Lexicon.Excludes(Phrase(words, i, length)) ?? [])
                    yield return instrument;
            }
        }
    }

    private void ReadOne()
    {
        var word = _words[_at];
        if (TryDuration())
            return;
        if (Negations.Length(_words, _at) is > 0 and var negation)
        {
            _negated = true;
            _spreads = word.Text is not ("no" or "not");
            Take(negation);
            return;
        }

        // "drumless", "beatless": a negation behind its word.
        if (word.Text.Length > 6 && word.Text.EndsWith("less", StringComparison.Ordinal) && Lexicon.Excludes(word.Text[..^4]) is { } missing)
        {
            _reading.Excluded.UnionWith(missing);
            _reading.Understood.Add(word.Text);
            Take(1);
            return;
        }

        if (_negated ? TryExclude() : TryNumber() || TryKey() || TryPhrase())
            return;

        // "no drums or bass" goes on, "no drums and piano" does not, "without drums and bass" does.
        if (_negated && word.Text is not ("or" or "nor" or "any" or "the" or "a" or "an" or "too" or "very" or "so" or "really" or "much" or "use" or "using" or "of") && !(_spreads && word.Text is "and"))
            _negated = false;
        Take(1);
    }

    private bool TryExclude()
    {
        for (var length = LongestHere(); length > 0; length--)
        {
            var phrase = Phrase(_words, _at, length);
            if (Lexicon.Excludes(phrase) is { } instruments)
            {
                _reading.Excluded.UnionWith(instruments);
                _reading.Understood.Add($"no {phrase}");
                Take(length);
                return true;
            }

            // "not sad", "no slow parts": swallowed, so that it isn't taken for a wish.
            if (Lexicon.Find(phrase) is not null)
            {
                Take(length);
                return true;
            }
        }

        return false;
    }

    private bool TryDuration()
    {
        if (_duration is null || _words[_at].Start != _duration.Start)
            return false;
        _reading.Seconds = _duration.Seconds;
        _reading.Understood.Add(_duration.Words);
        var end = _duration.Start + _duration.Words.Length;
        Take(Math.Max(1, _words.Skip(_at).TakeWhile(w => w.Start < end).Count()));
        return true;
    }

    private bool TryNumber()
    {
        var word = _words[_at].Text;
        if (!char.IsAsciiDigit(word[0]) || word.Contains('/', StringComparison.Ordinal))
            return false;

        var after = Peek(1);
        var before = _at > 0 ? _words[_at - 1].Text : "";
        var isTempo = after is "bpm" || (after is "beats" && Peek(2) is "per") || before is "tempo" or "bpm" || (before is "of" && _at > 1 && _words[_at - 2].Text is "tempo");
        if (!isTempo || !double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var tempo))
            return false;

        if (tempo is >= SlowestTempo and <= FastestTempo)
        {
            _reading.Tempo = tempo;
            _reading.Understood.Add($"{tempo.ToString("0.##", CultureInfo.InvariantCulture)} bpm");
        }

        Take(after is "beats" ? Math.Min(4, _words.Count - _at) : after is "bpm" ? 2 : 1);
        return true;
    }

    private bool TryKey()
    {
        var word = _words[_at];
        var note = word.Text;
        if (note[0] is < 'a' or > 'g' || note.Length > 3)
            return MusicalKey.TryParseMode(note, out var bare) && TakeMode(bare);

        // "Am", "F#m": only in capitals, else "am" and "em" of a sentence would be keys.
        if (word.IsCapital && note.Length > 1 && note[^1] == 'm' && !(_at > 0 && _words[_at - 1].Text == "i"))
            return MusicalKey.TryParse(note, out var minor) && TakeKey(minor, 1);

        if (note.Length > 2 || (note.Length == 2 && note[1] is not ('#' or 'b' or '♯' or '♭')))
            return false;
        var length = 1;
        if (note.Length == 1 && Peek(1) is "#" or "♯" or "♭" or "sharp" or "flat")
            note += Peek(length++);
        if (MusicalKey.TryParseMode(Peek(length), out var mode) && MusicalKey.TryParse(note, out var tonic))
            return TakeKey(tonic with { Mode = mode }, length + 1);

        // A bare note is a key only after "in" or "key of", and as a capital.
        var asked = _at > 0 && _words[_at - 1].Text is "in" or "of";
        return asked && word.IsCapital && MusicalKey.TryParse(note, out var major) && TakeKey(major, length);
    }

    private bool TakeMode(MusicalMode mode)
    {
        _reading.Mode = mode;
        _reading.Understood.Add(_words[_at].Text);
        Take(1);
        return true;
    }

    private bool TakeKey(MusicalKey key, int length)
    {
        _reading.Key = key;
        _reading.Understood.Add(key.ToString());
        Take(length);
        return true;
    }

    private bool TryPhrase()
    {
        for (var length = LongestHere(); length > 0; length--)
        {
            var phrase = Phrase(_words, _at, length);
            if (Lexicon.Find(phrase) is not { } meaning)
                continue;

            meaning(_reading);
            if (!_reading.Understood.Contains(phrase))
                _reading.Understood.Add(phrase);
            Take(length);
            return true;
        }

        return false;
    }

    /// <summary>Words from here to the end of the clause, at most the longest phrase.</summary>
    private int LongestHere()
    {
        var length = 1;
        while (length < Lexicon.LongestPhrase && _at + length < _words.Count && !_words[_at + length - 1].EndsClause)
            length++;
        return length;
    }

    private void Take(int count)
    {
        for (var i = 0; i < count && _at < _words.Count; i++, _at++)
        {
            if (_words[_at].EndsClause)
                _negated = _negated && _spreads && Lexicon.Excludes(Peek(1)) is not null;
        }
    }

    private string Peek(int ahead) => _at + ahead < _words.Count ? _words[_at + ahead].Text : "";

    private static string Phrase(List<Word> words, int from, int length) =>
        length == 1 ? words[from].Text : string.Join(' ', words.Skip(from).Take(length).Select(w => w.Text));
}
