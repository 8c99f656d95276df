using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Hangfire;
using Hangfire.Storage;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>A job storage in memory that knows hashes and nothing else.</summary>
internal sealed class HashesOnly : JobStorage
{
    private readonly Dictionary<string, Dictionary<string, string>> _hashes = new(StringComparer.Ordinal);

    public override IMonitoringApi GetMonitoringApi() => throw new NotSupportedException();

    public override IStorageConnection GetConnection() => Calls.To<IStorageConnection>((name, args) => name switch
    {
        nameof(IStorageConnection.GetAllEntriesFromHash) => _hashes.GetValueOrDefault((string)args[0]!),
        nameof(IStorageConnection.CreateWriteTransaction) => Calls.To<IWriteOnlyTransaction>(Write),
        nameof(IDisposable.Dispose) => null,
        _ => throw new NotSupportedException(name),
    });

    private object? Write(string name, object?[] args)
    {
        if (name == nameof(IWriteOnlyTransaction.SetRangeInHash))
        {
            var hash = _hashes.TryGetValue((string)args[0]!, out var known) ? known : _hashes[(string)args[0]!] = new(StringComparer.Ordinal);
            foreach (var (key, value) in (IEnumerable<KeyValuePair<string, string>>)args[1]!)
                hash[key] = value;
        }

        return null;
    }

    [SuppressMessage("Performance", "CA1852", Justification = "The proxy that is made at run time derives from it.")]
    internal class Calls : DispatchProxy
    {
        private Func<string, object?[], object?> _answer = null!;

        public static T To<T>(Func<string, object?[], object?> answer)
            where T : class
        {
            var proxy = Create<T, Calls>();
            ((Calls)(object)proxy)._answer = answer;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!.Name, args ?? []);
    }
}
