using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Tells a store that can't be reached from a mistake of ours, for those who may not know the stores.</summary>
public static class Outages
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CantOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Whether trying again later can help.</summary>
    public static bool IsOutage(Exception exception) => exception switch
    {
        RedisConnectionException or RedisTimeoutException or RedisSilentException or RedisCommandException { InnerException: RedisConnectionException } => true,
        // A server that is loading its snapshot or lost its primary says so in words.
        RedisServerException e => e.Message.StartsWith("LOADING", StringComparison.Ordinal)
            || e.Message.StartsWith("READONLY", StringComparison.Ordinal)
            || e.Message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal)
            || e.Message.StartsWith("MASTERDOWN", StringComparison.Ordinal)
            || e.Message.StartsWith("NOREPLICAS", StringComparison.Ordinal),
        DbUpdateConcurrencyException => false,
        RetryLimitExceededException or RevocationsUnreadableException or FileStoreException => true,
        SqliteException e => IsOutage(e.SqliteErrorCode),
        // No connection of the pool became free: said by an exception that has no kind of its own.
        InvalidOperationException { Source: "Microsoft.Data.SqlClient" } e when e.Message.Contains("pool", StringComparison.Ordinal) => true,
        DbException e => e.IsTransient || e.InnerException is SocketException,
        { InnerException: { } inner } => IsOutage(inner),
        _ => false,
    };

    // sqlite.org/rescode.html: locked by somebody else, or the disk is read-only, broken, full or not there.
    private static bool IsOutage(int sqliteErrorCode) => sqliteErrorCode is Busy or Locked or ReadOnly or InputOutput or Corrupt or Full or CantOpen or NotADatabase;
}
