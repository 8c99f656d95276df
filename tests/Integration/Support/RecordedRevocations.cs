using System.Collections.Concurrent;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Sessions;

namespace MusicGen.Integration.Support;

/// <summary>The table of revocations in memory, for nodes whose database is nobody's concern.</summary>
internal sealed class RecordedRevocations : IRevocationLog
{
    private readonly ConcurrentQueue<Revocation> _rows = [];

    public IReadOnlyList<Revocation> Rows => [.. _rows];

    /// <summary>Runs before a row is written, or the rows are read: where a test lets something happen, or fails.</summary>
    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public async Task AddAsync(Revocation revocation)
    {
        await Before();
        _rows.Enqueue(revocation);
    }

    public async Task<IReadOnlyList<Revocation>> ReadAsync(CancellationToken ct)
    {
        await Before();
        return Rows;
    }

    public Task<int> RemoveExpiredAsync(CancellationToken ct) => Task.FromResult(0);
}
