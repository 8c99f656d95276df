using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// The passwords that attackers try first, and what their rules make of them: repeated, two in a row, and padded with
/// digits and signs. Nothing shorter than fifteen characters gets here, so the list alone would catch next to nothing.
/// The operator's own list comes on top.
/// </summary>
/// <remarks>
/// The list that comes along is a list and not a <see cref="PasswordFilter"/>: packed it is smaller than its filter would be
/// (143 kB against 185 kB), everybody can read it, and the rules ask it a hundred questions for one password without ever a
/// false answer.
/// </remarks>
/// <param name="own">The operator's filter, if any. The rules don't apply to it: a list of millions holds every short text,
/// and two of those make any sentence.</param>
internal sealed class BreachedPasswords(PasswordFilter? own = null) : IBreachedPasswords
{
    /// <summary>Shorter repeated units say too little, whether they are on the list or not.</summary>
    private const int ShortUnit = 6;

    /// <summary>So many digits and signs around a word are a secret of their own.</summary>
    private const int MuchPadding = 8;

    private readonly Lazy<FrozenSet<string>> _common = new(Read);

    public bool Contains(string password)
    {
        var text = password.ToLowerInvariant();
        if (own is not null && (own.Contains(password) || own.Contains(text)))
            return true;
        var core = text.Trim(Padding(text));
        return IsMadeOfCommonOnes(text) || (text.Length - core.Length < MuchPadding && IsMadeOfCommonOnes(core));
    }

    private static char[] Padding(string text) => [.. text.Where(c => !char.IsLetter(c)).Distinct()];

    private static FrozenSet<string> Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("common-passwords.txt.gz")
            ?? throw new InvalidOperationException("The list of common passwords isn't in this assembly.");
        using var reader = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return lines.ToFrozenSet(StringComparer.Ordinal);
    }

    private bool IsMadeOfCommonOnes(string text) =>
        IsCommonOrRepeated(text) || Enumerable.Range(1, Math.Max(0, text.Length - 1)).Any(i => IsCommonOrRepeated(text[..i]) && IsCommonOrRepeated(text[i..]));

    private bool IsCommonOrRepeated(string text)
    {
        if (_common.Value.Contains(text))
            return true;
        var unit = text[..Period(text)];
        return unit.Length * 2 <= text.Length && (unit.Length < ShortUnit || _common.Value.Contains(unit));
    }

    /// <summary>The length of the shortest unit whose repetition, the last one perhaps cut short, is the text.</summary>
    private static int Period(string text)
    {
        for (var length = 1; length < text.Length; length++)
        {
            if (text.AsSpan(length).SequenceEqual(text.AsSpan(0, text.Length - length)))
                return length;
        }

        return text.Length;
    }
}
