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
        // It loads its snapshot, lost its primary or its replicas, hands keys on to another server, or is full.
        RedisServerException e => e.Kind is RedisErrorKind.Loading or RedisErrorKind.ReadOnly or RedisErrorKind.ClusterDown or RedisErrorKind.MasterDown
            or RedisErrorKind.NoReplicas or RedisErrorKind.TryAgain or RedisErrorKind.Moved or RedisErrorKind.Ask or RedisErrorKind.UnknownRedirectTarget
            or RedisErrorKind.Misconfigured or RedisErrorKind.OutOfMemory or RedisErrorKind.Busy or RedisErrorKind.MaxClients,
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
