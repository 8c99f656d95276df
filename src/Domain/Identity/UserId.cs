using System.Globalization;

namespace MusicGen.Domain.Identity;

/// <summary>A user's id (UUIDv7).</summary>
public readonly record struct UserId(Guid Value)
{
    public static UserId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static bool TryParse(string? text, out UserId id)
    {
        var ok = Guid.TryParseExact(text, "D", out var value);
        id = new UserId(value);
        return ok;
    }

    public override string ToString() => Value.ToString("D", CultureInfo.InvariantCulture);
}
