using System.Collections.Concurrent;
using System.Reflection;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>One embedded Lua script, by its file name without the ending. It runs whole or not at all.</summary>
internal sealed class RedisScript
{
    private static readonly ConcurrentDictionary<string, RedisScript> Loaded = new(StringComparer.Ordinal);

    private readonly string _source;

    private RedisScript(string source) => _source = source;

    /// <exception cref="InvalidOperationException">There is no such script in this assembly.</exception>
    public static RedisScript Named(string name) => Loaded.GetOrAdd(name, static n =>
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{n}.lua")
            ?? throw new InvalidOperationException($"There is no script {n}.lua.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    });

    /// <summary>Runs by hash; the client library sends the source when a server doesn't have it yet.</summary>
    public Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, params RedisValue[] arguments) =>
        database.ScriptEvaluateAsync(_source, keys, arguments);
}
