using System.ComponentModel.DataAnnotations;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>How many requests one caller may send in any minute, hour, day and second (burst).</summary>
public sealed record RateLimits : IValidatableObject
{
    public RateLimits()
    {
    }

    public RateLimits(long minute, long hour, long day, long burst)
    {
        Minute = minute;
        Hour = hour;
        Day = day;
        Burst = burst;
    }

    [Range(1, 1_000_000_000)]
    public long Minute { get; set; }

    [Range(1, 1_000_000_000)]
    public long Hour { get; set; }

    [Range(1, 1_000_000_000)]
    public long Day { get; set; }

    [Range(1, 1_000_000_000)]
    public long Burst { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // A longer window that allows less than a shorter one would make the shorter one's number a lie.
        if (Burst > Minute)
            yield return new ValidationResult("A burst can't be larger than what a minute allows.", [nameof(Burst)]);
        if (Minute > Hour)
            yield return new ValidationResult("A minute can't allow more than an hour.", [nameof(Minute)]);
        if (Hour > Day)
            yield return new ValidationResult("An hour can't allow more than a day.", [nameof(Hour)]);
    }
}
