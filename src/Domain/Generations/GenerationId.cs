using System.Globalization;

namespace MusicGen.Domain.Generations;

/// <summary>A task's id (UUIDv7).</summary>
public readonly record struct GenerationId(Guid Value) : IComparable<GenerationId>
{
    public static bool operator <(GenerationId left, GenerationId right) => left.CompareTo(right) < 0;

    public static bool operator <=(GenerationId left, GenerationId right) => left.CompareTo(right) <= 0;

    public static bool operator >(GenerationId left, GenerationId right) => left.CompareTo(right) > 0;

    public static bool operator >=(GenerationId left, GenerationId right) => left.CompareTo(right) >= 0;

    public static GenerationId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static bool TryParse(string? text, out GenerationId id)
    {
        var ok = Guid.TryParseExact(text, "D", out var value);
        id = new GenerationId(value);
        return ok;
    }

    public int CompareTo(GenerationId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("D", CultureInfo.InvariantCulture);
}
