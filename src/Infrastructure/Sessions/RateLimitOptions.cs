using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>The numbers of the rate limits. Defaults: the original service's.</summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    [Required, ValidateObjectMembers]
    public RateLimits Free { get; set; } = new(minute: 30, hour: 500, day: 5_000, burst: 5);

    [Required, ValidateObjectMembers]
    public RateLimits Premium { get; set; } = new(minute: 60, hour: 2_000, day: 20_000, burst: 10);

    [Required, ValidateObjectMembers]
    public RateLimits Enterprise { get; set; } = new(minute: 300, hour: 10_000, day: 100_000, burst: 50);

    [Required, ValidateObjectMembers]
    public RateLimits Admin { get; set; } = new(minute: 1_000, hour: 50_000, day: 1_000_000, burst: 100);

    /// <summary>Monitoring that proved to be ours.</summary>
    [Required, ValidateObjectMembers]
    public RateLimits Internal { get; set; } = new(minute: 1_000, hour: 50_000, day: 1_000_000, burst: 100);

    /// <summary>Failed logins from one address a minute.</summary>
    [Range(1, 1_000_000)]
    public int LoginMinute { get; set; } = 20;

    /// <summary>Registrations from one address a minute.</summary>
    [Range(1, 1_000_000)]
    public int RegisterMinute { get; set; } = 10;

    /// <summary>Forgot, reset and verify from one address a minute.</summary>
    [Range(1, 1_000_000)]
    public int RecoveryMinute { get; set; } = 10;

    /// <summary>Refreshes of one session a minute.</summary>
    [Range(1, 1_000_000)]
    public int RefreshMinute { get; set; } = 60;

    /// <summary>Personal access tokens that aren't in Redis and so must be looked up, from one address a minute.</summary>
    [Range(1, 1_000_000)]
    public int TokenLookupMinute { get; set; } = 60;

    /// <summary>Mails to one address an hour.</summary>
    [Range(1, 1_000_000)]
    public int MailHour { get; set; } = 5;
}

[OptionsValidator]
internal sealed partial class RateLimitOptionsValidator : IValidateOptions<RateLimitOptions>;
