using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>How long sessions live; see <see cref="SessionPolicy"/>.</summary>
public sealed class SessionOptions : IValidatableObject
{
    public const string Section = "Sessions";

    [Range(typeof(TimeSpan), "00:05:00", "366.00:00:00")]
    public TimeSpan Idle { get; init; } = TimeSpan.FromDays(7);

    [Range(typeof(TimeSpan), "00:05:00", "366.00:00:00")]
    public TimeSpan Absolute { get; init; } = TimeSpan.FromDays(30);

    [Range(typeof(TimeSpan), "00:05:00", "366.00:00:00")]
    public TimeSpan RememberedIdle { get; init; } = TimeSpan.FromDays(30);

    [Range(typeof(TimeSpan), "00:05:00", "366.00:00:00")]
    public TimeSpan RememberedAbsolute { get; init; } = TimeSpan.FromDays(90);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Idle > Absolute)
            yield return new ValidationResult("A session can't be idle for longer than it may last.", [nameof(Idle)]);
        if (RememberedIdle > RememberedAbsolute)
            yield return new ValidationResult("A session can't be idle for longer than it may last.", [nameof(RememberedIdle)]);
    }

    public SessionPolicy ToPolicy() => new(Idle, Absolute, RememberedIdle, RememberedAbsolute);
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
