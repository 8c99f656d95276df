using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Identity;

/// <summary>How many guesses the throttle lets through; read from the rate limits' section.</summary>
public sealed class SignInThrottleOptions
{
    public const string Section = "RateLimits";

    /// <summary>Failed sign-ins of one address a minute (RATE_LIMIT_LOGIN_MINUTE).</summary>
    [Range(1, 1_000_000)]
    public int LoginMinute { get; init; } = 20;

    /// <summary>Guesses a day at one account by devices that it doesn't know. NIST SP 800-63B-4 allows a hundred in a row.</summary>
    [Range(1, 100)]
    public int AccountDay { get; init; } = 100;

    /// <summary>Strangers' guesses in a quarter of an hour before each must wait twice as long as the one before.</summary>
    [Range(1, 100)]
    public int AccountFree { get; init; } = 20;

    /// <summary>Failures in a row of a device that the account knows.</summary>
    [Range(1, 100)]
    public int DeviceRow { get; init; } = 10;
}

[OptionsValidator]
internal sealed partial class SignInThrottleOptionsValidator : IValidateOptions<SignInThrottleOptions>;
