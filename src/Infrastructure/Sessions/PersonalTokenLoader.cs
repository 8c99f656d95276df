using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Sessions;

/// <summary>Personal access tokens between database and Redis: rows come when the gate misses them, times of use go back.</summary>
internal sealed partial class PersonalTokenLoader(
    IServiceScopeFactory scopes, IDatabase database, TimeProvider time, ILogger<PersonalTokenLoader> logger) : BackgroundService, IPersonalTokenLoader
{
    /// <summary>How long it is remembered that a token doesn't exist: who goes on sending one costs no look-up each time.</summary>
    private static readonly TimeSpan AbsentLifetime = TimeSpan.FromMinutes(1);

    private static readonly RedisScript PutToken = RedisScript.Named("put_token");

    // A burst of uses that the database can't follow loses the oldest; the next minute brings them again.
    private readonly Channel<(string Hash, DateTimeOffset At)> _uses = Channel.CreateBounded<(string, DateTimeOffset)>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public async Task<bool> LoadAsync(UserId user, string hash, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>();
        var row = await db.PersonalAccessTokens.AsNoTracking()
            .Where(t => t.TokenHash == hash && t.UserId == user && t.ExpiresAt > now)
            .Join(db.Users, t => t.UserId, u => u.Id, (t, u) => new { Token = t, u.PasswordChangedAt, u.IsDisabled })
            .Where(r => !r.IsDisabled && r.Token.CreatedAt >= r.PasswordChangedAt) // a password ends the tokens made under it
            .Select(r => new { r.Token.Scopes, r.Token.ExpiresAt, r.Token.RateLimitMinute })
            .SingleOrDefaultAsync(ct);

        await PutToken.RunAsync(
            database,
            [RedisKeys.PersonalToken(user, hash)],
            (int)(row?.Scopes ?? TokenScopes.None),
            row?.ExpiresAt.ToUnixTimeMilliseconds() ?? 0,
            row?.RateLimitMinute ?? 0,
            (long)(row is null ? AbsentLifetime : AccountState.Lifetime).TotalMilliseconds);
        return row is not null;
    }

    public void NoteUse(string hash) => _uses.Writer.TryWrite((hash, time.GetUtcNow()));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (hash, at) in _uses.Reader.ReadAllAsync(stoppingToken))
                await WriteAsync(hash, at, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task WriteAsync(string hash, DateTimeOffset at, CancellationToken ct)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IMusicGenDbContext>().PersonalAccessTokens
                .Where(t => t.TokenHash == hash && (t.LastUsedAt == null || t.LastUsedAt < at))
                .ExecuteUpdateAsync(row => row.SetProperty(t => t.LastUsedAt, at), ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            Log.UseNotNoted(logger, e); // the time of use is a courtesy; the next minute brings another
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2010, LogLevel.Warning, "The time of a personal access token's use was not noted")]
        public static partial void UseNotNoted(ILogger logger, Exception exception);
    }
}
