using System.Collections.Concurrent;
using System.Reflection;
using StackExchange.Redis;

namespace MusicGen.Integration.Support;

/// <summary>A database of Redis that notes which keys each call takes, and which script.</summary>
public class RecordedDatabase : DispatchProxy
{
    private IDatabase _inner = null!;
    private ConcurrentQueue<RedisCall> _calls = null!;

    public static (IDatabase Database, ConcurrentQueue<RedisCall> Calls) Around(IDatabase inner)
    {
        var proxy = Create<IDatabase, RecordedDatabase>();
        var recorded = (RecordedDatabase)(object)proxy;
        (recorded._inner, recorded._calls) = (inner, []);
        return (proxy, recorded._calls);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var keys = args!.OfType<RedisKey>().Concat(args!.OfType<RedisKey[]>().SelectMany(k => k)).ToArray();
        if (keys.Length > 0)
            _calls.Enqueue(new RedisCall(targetMethod!.Name, args![0] as string ?? (args[0] is byte[] hash ? Convert.ToHexStringLower(hash) : null), keys));
        return targetMethod!.Invoke(_inner, args);
    }
}

/// <param name="Name">Of the method.</param>
/// <param name="Script">Its source or its hash, for a script.</param>
/// <param name="Keys">All of them.</param>
public sealed record RedisCall(string Name, string? Script, RedisKey[] Keys);
