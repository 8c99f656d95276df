using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Identity;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Identity;

public sealed class SignInThrottleTests(RedisServers servers)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Email _victim = Email.Normalise($"{Guid.CreateVersion7():N}@example.org");
    private readonly string _network = $"2001:db8:{Guid.CreateVersion7().GetHashCode() & 0xffff:x}";
    private int _addresses;

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Strangers_slow_down_by_doubling_pauses_and_end_at_a_hundred_a_day(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var start = _clock.GetUtcNow();
        var guesses = 0;
        while (_clock.GetUtcNow() - start < TimeSpan.FromHours(23))
        {
            var attempt = await GuessAsync(redis);
            if (attempt.IsAllowed)
                guesses++;
            else
                _clock.Advance(attempt.RetryAfter < TimeSpan.FromHours(1) ? attempt.RetryAfter : TimeSpan.FromHours(1));
        }

        Assert.InRange(guesses, 50, 100);
        _clock.Advance(TimeSpan.FromHours(24));
        Assert.True((await GuessAsync(redis)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Of_many_guesses_at_once_five_are_let_through_and_the_rest_told_when_to_come_back(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);

        var attempts = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => GuessAsync(redis)));

        Assert.Equal(5, attempts.Count(a => a.IsAllowed));
        Assert.All(attempts.Where(a => !a.IsAllowed), a => Assert.Equal(TimeSpan.FromSeconds(1), a.RetryAfter));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await GuessAsync(redis)).IsAllowed);
        Assert.Equal(TimeSpan.FromSeconds(2), (await GuessAsync(redis)).RetryAfter);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Strangers_can_not_keep_the_owner_out_who_signed_in_on_this_device_before(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var cookie = await (await GuessAsync(redis)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GuessAsync(redis)));
        Assert.False((await GuessAsync(redis)).IsAllowed);

        var owner = await GuessAsync(redis, cookie);

        Assert.True(owner.IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_device_has_ten_failures_in_a_row_and_is_then_a_strangers_for_a_day(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var cookie = await (await GuessAsync(redis)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis))); // what strangers may at once is used up

        for (var i = 0; i < 9; i++)
            Assert.True((await GuessAsync(redis, cookie)).IsAllowed);
        await (await GuessAsync(redis, cookie)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct); // ends the row
        for (var i = 0; i < 10; i++)
            Assert.True((await GuessAsync(redis, cookie)).IsAllowed);
        Assert.False((await GuessAsync(redis, cookie)).IsAllowed);

        Assert.True((await GuessAsync(redis, Throttle(redis, null).TrustDevice(_victim))).IsAllowed); // forgot-password opens the way
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Signing_in_to_ones_own_account_buys_no_guess_at_another(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var own = Email.Normalise($"own-{_victim}");
        var cookie = await (await GuessAsync(redis, email: own)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis, cookie)));

        await (await GuessAsync(redis, cookie, own)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct);

        Assert.False((await GuessAsync(redis, cookie)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task An_address_has_twenty_failures_a_minute_and_successes_count_for_nothing(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        const string Host = "::1:1";
        for (var i = 0; i < 30; i++)
            await (await GuessAsync(redis, email: Somebody(), address: _network + Host)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct);

        // Any address of a /64 is the same subscriber.
        var attempts = await Task.WhenAll(Enumerable.Range(0, 25).Select(i => GuessAsync(redis, email: Somebody(), address: $"{_network}::{i:x}:1")));

        Assert.Equal(20, attempts.Count(a => a.IsAllowed));
        Assert.All(attempts.Where(a => !a.IsAllowed), a => Assert.Equal(TimeSpan.FromMinutes(1), a.RetryAfter));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await GuessAsync(redis, email: Somebody(), address: _network + Host)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Of_a_devices_guesses_at_once_ten_are_its_own_and_a_day_makes_it_a_friend_again(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var cookie = Throttle(redis, null).RememberDevice(_victim);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis))); // what strangers may at once is used up

        var attempts = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => GuessAsync(redis, cookie)));

        Assert.Equal(10, attempts.Count(a => a.IsAllowed));
        _clock.Advance(TimeSpan.FromHours(23));
        for (var i = 0; i < 5; i++)
            Assert.True((await GuessAsync(redis, cookie)).IsAllowed); // as a stranger
        Assert.False((await GuessAsync(redis, cookie)).IsAllowed);
    }

    // A success may come at the very moment when others guess: what it gives back is one guess, once.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task However_often_a_guess_is_given_back_it_is_one(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var reserved = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis)));

        var returning = reserved.SelectMany(a => new[] { a.ReturnAsync(Ct), a.ReturnAsync(Ct), a.SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct) }).ToList();
        var during = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => GuessAsync(redis)));
        await Task.WhenAll(returning);
        var after = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => GuessAsync(redis)));

        Assert.Equal(5, during.Concat(after).Count(a => a.IsAllowed));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_owners_success_gives_strangers_nothing(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        var device = Throttle(redis, null).RememberDevice(_victim);
        for (var i = 0; i < 4; i++)
            Assert.True((await GuessAsync(redis)).IsAllowed);

        await (await GuessAsync(redis)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct); // on a new browser
        await (await GuessAsync(redis, device)).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct); // on the known one

        Assert.True((await GuessAsync(redis)).IsAllowed); // the fifth
        Assert.False((await GuessAsync(redis)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_device_knows_five_accounts_the_latest_ones(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis)));
        var cookie = Throttle(redis, null).RememberDevice(_victim);
        for (var i = 0; i < 3; i++)
            cookie = await (await GuessAsync(redis, cookie, Somebody())).SucceededAsync(UserId.New(_clock.GetUtcNow()), Ct);
        cookie = Throttle(redis, cookie).RememberDevice(Somebody());
        Assert.True((await GuessAsync(redis, cookie)).IsAllowed);

        cookie = Throttle(redis, cookie).RememberDevice(Somebody());

        Assert.False((await GuessAsync(redis, cookie)).IsAllowed);
    }

    // Accounts are free: if making one gave the device a new beginning, it would have ten guesses for each.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_new_account_forgets_nothing_that_failed_on_its_device(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis)));
        var cookie = Throttle(redis, null).RememberDevice(_victim);
        for (var i = 0; i < 10; i++)
            Assert.True((await GuessAsync(redis, cookie)).IsAllowed);

        cookie = Throttle(redis, cookie).RememberDevice(Somebody());

        Assert.False((await GuessAsync(redis, cookie)).IsAllowed);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_device_cookie_that_was_tampered_with_is_a_strangers(RedisKind kind)
    {
        var redis = await servers.NodeAsync(kind);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => GuessAsync(redis)));
        var own = Throttle(redis, null).RememberDevice(_victim);
        var parts = own.Split('~');

        Assert.False((await GuessAsync(redis, string.Join('~', ["another-id", .. parts[1..]]))).IsAllowed);
        Assert.False((await GuessAsync(redis, string.Join('~', [parts[0], parts[1], parts[1], parts[2]]))).IsAllowed);
        Assert.True((await GuessAsync(redis, own)).IsAllowed);
    }

    private static Email Somebody() => Email.Normalise($"{Guid.CreateVersion7():N}@example.org");

    private Task<ISignInAttempt> GuessAsync(IConnectionMultiplexer redis, string? cookie = null, Email? email = null, string? address = null) =>
        Throttle(redis, cookie, address).BeginAsync(email ?? _victim, Ct);

    // Each guess from an address of its own, unless a test says otherwise: attackers have many.
    private RedisSignInThrottle Throttle(IConnectionMultiplexer redis, string? cookie, string? address = null) => new(
        redis.GetDatabase(), new RedisClock(_clock), new TestAuthenticator(), new Caller(cookie, address ?? $"{_network}:{Interlocked.Increment(ref _addresses):x}::1"),
        Options.Create(new SignInThrottleOptions { AccountFree = 5 }));

    internal sealed record Caller(string? DeviceCookie, string? Address) : ICurrentUser
    {
        public UserId? Id => null;

        public Domain.Identity.Role Role => Domain.Identity.Role.User;

        public Tier Tier => Tier.Free;

        public SessionId? Session => null;

        public DateTimeOffset? SteppedUpAt => null;

        public AccessTokenIdentity? AccessToken => null;

        public string Actor => "anonymous";

        public string? UserAgent => null;

        public string? TraceId => null;
    }
}
