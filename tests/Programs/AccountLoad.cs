using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Programs;

/// <summary>What signing in and staying signed in cost: refreshes and logins as fast as so many clients can send them.</summary>
internal sealed class AccountLoad(Uri node, Account account, int clients, TimeSpan length)
{
    /// <summary>Each client refreshes a session of its own, one after the other.</summary>
    /// <returns>Refreshes a second.</returns>
    public Task<double> RefreshesAsync() => RunAsync(async (http, number) =>
    {
        var session = new SessionClient(http, AddressOf(number));
        await session.LoginAsync(node, account.Email, account.Password);
        return async () =>
        {
            var answer = await session.PresentAsync(node, session.Refresh);
            if (answer.Status != HttpStatusCode.OK)
                throw new InvalidOperationException($"A refresh was answered {answer.Status} {answer.Code}.");
            session.Take(answer);
        };
    });

    /// <returns>Logins a second.</returns>
    public Task<double> LoginsAsync() => RunAsync((http, number) =>
    {
        var session = new SessionClient(http, AddressOf(number));
        return Task.FromResult<Func<Task>>(() => session.LoginAsync(node, account.Email, account.Password));
    });

    /// <summary>The same password's hash in this process, on as many threads as the server hashes at once.</summary>
    /// <returns>Hashes a second.</returns>
    public double Hashes()
    {
        using var hasher = new Argon2PasswordHasher(Options.Create(new PasswordHashingOptions()));
        var start = Stopwatch.GetTimestamp();
        var count = 0;
        Parallel.For(0, Environment.ProcessorCount, _ =>
        {
            while (Stopwatch.GetElapsedTime(start) < length)
            {
                hasher.HashAsync(account.Password, CancellationToken.None).Wait();
                Interlocked.Increment(ref count);
            }
        });
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string AddressOf(int number) => $"198.19.0.{number + 1}";

    private async Task<double> RunAsync(Func<HttpClient, int, Task<Func<Task>>> prepare)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = clients });
        var acts = await Task.WhenAll(Enumerable.Range(0, clients).Select(number => prepare(http, number)));
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(acts.Select(async act =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(start) < length; count++)
                await act();
            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
