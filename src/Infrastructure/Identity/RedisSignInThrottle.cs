using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Counts guesses in Redis, for all nodes together: by the caller's address, and by account, where devices that the
/// account knows have a counter of their own, so that strangers can't keep its owner out.
/// </summary>
internal sealed class RedisSignInThrottle(
    IDatabase redis, RedisClock clock, IMessageAuthenticator authenticator, ICurrentUser caller, IOptions<SignInThrottleOptions> options,
    GuessWarnings? warnings = null)
    : ISignInThrottle
{
    private static readonly RedisScript ReserveAtAddress = RedisScript.Named("reserve_address_guess");
    private static readonly RedisScript Reserve = RedisScript.Named("reserve_guess");
    private static readonly RedisScript Return = RedisScript.Named("return_guess");

    public async Task<ISignInAttempt> BeginAsync(Email email, CancellationToken ct)
    {
        var device = Device();
        var account = authenticator.Sign("guess", email.Value); // the address itself stands nowhere in Redis
        var attempt = new Attempt(this, email, device, Guid.CreateVersion7().ToString("N"))
        {
            AtAddress = caller.Address is { } address ? RedisKeys.GuessesFromAddress(Subscriber(address)) : default(RedisKey?),
            AtAccount = RedisKeys.GuessesAtAccount(account),
            AtDevice = RedisKeys.GuessesOfDevice(account, device.Id),
        };
        return await ReserveAsync(attempt) is var wait && wait > TimeSpan.Zero ? attempt.Refused(wait) : attempt;
    }

    // A new id, so that failures of whoever shares the old cookie no longer count; without other accounts, so that
    // proving one account starts no new row at another.
    public string TrustDevice(Email email) => Sign(DeviceCookie.New(), email);

    // The same id: a new account is no reason to forget what failed on this device at the others.
    public string RememberDevice(Email email) => Sign(Device(), email);

    public bool IsKnownDevice(Email email) => Device().Knows(authenticator, email);

    /// <summary>One client: an IPv4 address, or the /64 that an IPv6 subscriber has whole.</summary>
    private static string Subscriber(string address)
    {
        if (!IPAddress.TryParse(address, out var ip))
            return address;
        if (ip.IsIPv4MappedToIPv6)
            ip = ip.MapToIPv4();
        if (ip.AddressFamily != AddressFamily.InterNetworkV6)
            return ip.ToString();
        var bytes = ip.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes).ToString();
    }

    private DeviceCookie Device() => DeviceCookie.Read(authenticator, caller.DeviceCookie) ?? DeviceCookie.New();

    private string Sign(DeviceCookie device, Email email) => device.With(authenticator, email).Write(authenticator);

    private async Task<TimeSpan> ReserveAsync(Attempt attempt)
    {
        if (attempt.AtAddress is { } address)
        {
            var wait = (long)await ReserveAtAddress.RunAsync(redis, [address], attempt.Id, options.Value.LoginMinute, clock.Now);
            if (wait > 0)
                return TimeSpan.FromMilliseconds(wait);
        }

        var answer = (long[])(await Reserve.RunAsync(
            redis, [attempt.AtAccount, attempt.AtDevice], attempt.Id, attempt.Device.Knows(authenticator, attempt.Email) ? "1" : "0",
            options.Value.AccountDay, options.Value.AccountFree, options.Value.DeviceRow, clock.Now))!;
        if (answer[0] != 2)
            return TimeSpan.Zero;

        warnings?.Note(attempt.Email); // strangers have to wait: whoever owns the account shall know why
        await ReturnAsync(attempt, wasRight: false); // it stands at the address, and nothing was guessed
        return TimeSpan.FromMilliseconds(answer[1]);
    }

    private async Task ReturnAsync(Attempt attempt, bool wasRight)
    {
        await Return.RunAsync(redis, [attempt.AtAccount, attempt.AtDevice], attempt.Id, wasRight ? "1" : "0", clock.Now);
        if (attempt.AtAddress is { } address)
            await redis.SortedSetRemoveAsync(address, attempt.Id);
    }

    private sealed class Attempt(RedisSignInThrottle throttle, Email email, DeviceCookie device, string id) : ISignInAttempt
    {
        public string Id => id;

        public Email Email => email;

        public DeviceCookie Device => device;

        public required RedisKey? AtAddress { get; init; }

        public required RedisKey AtAccount { get; init; }

        public required RedisKey AtDevice { get; init; }

        public bool IsAllowed { get; private set; } = true;

        public TimeSpan RetryAfter { get; private set; }

        public Attempt Refused(TimeSpan wait)
        {
            IsAllowed = false;
            RetryAfter = wait;
            return this;
        }

        public async Task<string> SucceededAsync(UserId user, CancellationToken ct)
        {
            await throttle.ReturnAsync(this, wasRight: true);
            return throttle.Sign(device, email);
        }

        public Task ReturnAsync(CancellationToken ct) => throttle.ReturnAsync(this, wasRight: false);
    }
}
