using System.Data.Common;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using MusicGen.Infrastructure.Sessions;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>Tells a store that can't be reached from a mistake of ours, for those who may not know the stores.</summary>
public static class Outages
{
    /// <summary>Whether trying again later can help.</summary>
    public static bool IsOutage(Exception exception) => exception switch
    {
        RedisConnectionException or RedisTimeoutException or RedisCommandException { InnerException: RedisConnectionException } => true,
        // A server that is loading its snapshot or lost its primary says so in words.
        RedisServerException e => e.Message.StartsWith("LOADING", StringComparison.Ordinal)
            || e.Message.StartsWith("READONLY", StringComparison.Ordinal)
            || e.Message.StartsWith("CLUSTERDOWN", StringComparison.Ordinal)
            || e.Message.StartsWith("MASTERDOWN", StringComparison.Ordinal)
            || e.Message.StartsWith("NOREPLICAS", StringComparison.Ordinal),
        DbUpdateConcurrencyException => false,
        RetryLimitExceededException or RevocationsUnreadableException => true,
        DbException e => e.IsTransient || e.InnerException is SocketException,
        { InnerException: { } inner } => IsOutage(inner),
        _ => false,
    };
}
