using System.Collections.Concurrent;
using System.Reflection;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>One embedded Lua script, by its file name without the ending. It runs whole or not at all.</summary>
internal sealed class RedisScript
{
    private static readonly ConcurrentDictionary<string, RedisScript> Loaded = new(StringComparer.Ordinal);

    private readonly string _source;
    private byte[]? _hash;

    private RedisScript(string source) => _source = source;

    /// <exception cref="InvalidOperationException">There is no such script in this assembly.</exception>
    public static RedisScript Named(string name) => Loaded.GetOrAdd(name, static n =>
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{n}.lua")
            ?? throw new InvalidOperationException($"There is no script {n}.lua.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    });

    /// <summary>
    /// Runs by hash, as the first server names it, and by its source where a server doesn't have it. Given the source each
    /// time, the client library would look the hash up by all of its text.
    /// </summary>
    public async Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, params RedisValue[] arguments)
    {
        _hash ??= Convert.FromHexString((string)(await database.ExecuteAsync("SCRIPT", "LOAD", _source))!);
        try
        {
            return await database.ScriptEvaluateAsync(_hash, keys, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(_source, keys, arguments);
        }
    }
}
