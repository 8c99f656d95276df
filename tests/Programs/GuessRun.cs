using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Identity;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Programs;

/// <summary>
/// A thousand addresses guess at one account while its owner signs in: first over HTTP, as fast as they can; then for
/// days on end, by a clock that the scripts are given instead of Redis's.
/// </summary>
internal static class GuessRun
{
    private const int GuessesADay = 100;

    public static Command Command()
    {
        var addresses = new Option<int>("--addresses") { DefaultValueFactory = _ => 1000, Description = "How many addresses guess." };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 20, Description = "How long they guess over HTTP." };
        var days = new Option<int>("--days") { DefaultValueFactory = _ => 3, Description = "How many days they guess by the given clock." };
        var command = new Command("guess", "A thousand addresses guess at one account; its owner signs in all the while.") { addresses, seconds, days };
        command.SetAction(async result =>
        {
            var fast = await FastAsync(result.GetValue(addresses), result.GetValue(seconds));
            var slow = await SlowAsync(result.GetValue(addresses), result.GetValue(days));
            return fast && slow ? 0 : 1;
        });
        return command;
    }

    private static async Task<bool> FastAsync(int addresses, int seconds)
    {
        await using var cluster = await Cluster.StartAsync("garnet");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 64 });
        var node = cluster.Nodes[0].Address;
        using var owner = await Account.RegisterAsync(node);
        var guesser = new Guesser(http, node);
        await guesser.OpenAsync();
        var (_, device) = await guesser.SendAsync(owner.Email, owner.Password, "203.0.113.7", deviceCookie: null);

        var (guesses, refused, signIns, shutOut) = (0, 0, 0, 0);
        var start = Stopwatch.GetTimestamp();
        var attack = Parallel.ForAsync(0, 16, async (worker, _) =>
        {
            for (var i = worker; Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(seconds); i += 16)
            {
                var status = await guesser.GuessAsync(owner.Email, $"a guess among many {i}", AddressOf(i % addresses));
                Interlocked.Increment(ref status == HttpStatusCode.Unauthorized ? ref guesses : ref refused);
            }
        });
        while (!attack.IsCompleted)
        {
            var (status, _) = await guesser.SendAsync(owner.Email, owner.Password, "203.0.113.7", device);
            Interlocked.Increment(ref status == HttpStatusCode.OK ? ref signIns : ref shutOut);
            await Task.Delay(500);
        }

        await attack;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{addresses} addresses, {seconds} s over HTTP: {guesses} guesses, {refused} told to wait; the owner signed in {signIns} times, was kept out {shutOut} times"));
        return guesses <= GuessesADay && refused > 0 && shutOut == 0 && signIns > 0;
    }

    private static async Task<bool> SlowAsync(int addresses, int days)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-guess-").FullName;
        try
        {
            return await SlowAsync(addresses, days, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> SlowAsync(int addresses, int days, string folder)
    {
        var clock = new HandClock();
        await using var redis = await EmbeddedRedis.StartAsync(Path.Combine(folder, "redis"), NullLoggerFactory.Instance, default);
        var caller = new Stranger();
        await using var node = await ServiceNode.StartAsync(redis.ConnectionString, folder, RandomNumberGenerator.GetHexString(64), services =>
        {
            services.AddSingleton(new RedisClock(clock));
            services.AddScoped<ICurrentUser>(_ => caller);
        });

        var email = Email.Normalise("owner@example.org");
        var owner = UserId.New(clock.GetUtcNow());
        var device = await TryAsync(node, caller, "203.0.113.7", null, email, owner) ?? throw new InvalidOperationException("The owner's first sign-in was refused.");
        var guesses = new List<DateTimeOffset>();
        var (tries, signIns, shutOut) = (0, 0, 0);
        for (var minute = 0; minute < days * 24 * 60; minute++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            foreach (var number in Enumerable.Range(minute * 3, 3))
            {
                tries++;
                if (await TryAsync(node, caller, AddressOf(number % addresses), null, email, owner: null) is not null)
                    guesses.Add(clock.GetUtcNow());
            }

            if (minute % 60 != 0)
                continue;
            if (await TryAsync(node, caller, "203.0.113.7", device, email, owner) is { } fresh)
                (device, signIns) = (fresh, signIns + 1);
            else
                shutOut++;
        }

        var most = guesses.Select(g => guesses.Count(other => other >= g && other < g.AddDays(1))).DefaultIfEmpty().Max();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{addresses} addresses, {days} days by the clock: {tries} tries, {guesses.Count} guesses, at most {most} in any day; the owner signed in {signIns} times, was kept out {shutOut} times"));
        return most <= GuessesADay && shutOut == 0;
    }

    /// <returns>Null when the throttle refused; else the owner's device cookie, or an empty text for a wrong guess.</returns>
    private static async Task<string?> TryAsync(ServiceNode node, Stranger caller, string address, string? device, Email email, UserId? owner)
    {
        (caller.Address, caller.DeviceCookie) = (address, device);
        return await node.InScopeAsync(async services =>
        {
            var attempt = await services.GetRequiredService<ISignInThrottle>().BeginAsync(email, CancellationToken.None);
            if (!attempt.IsAllowed)
                return null;
            return owner is { } user ? await attempt.SucceededAsync(user, CancellationToken.None) : string.Empty;
        });
    }

    private static string AddressOf(int number) => string.Create(CultureInfo.InvariantCulture, $"198.18.{number / 250 % 250}.{(number % 250) + 1}");

    private sealed class Stranger : ICurrentUser
    {
        public UserId? Id => null;

        public Role Role => Role.User;

        public Tier Tier => Tier.Free;

        public SessionId? Session => null;

        public DateTimeOffset? SteppedUpAt => null;

        public AccessTokenIdentity? AccessToken => null;

        public string Actor => "anonymous";

        public string? Address { get; set; }

        public string? UserAgent => null;

        public string? DeviceCookie { get; set; }

        public string? TraceId => null;
    }
}
