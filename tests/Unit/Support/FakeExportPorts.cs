using MusicGen.Application.Identity;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Unit.Support;

/// <summary>Files, queue and traces of accounts, in memory.</summary>
internal sealed class FakeExportPorts : IExportFiles, IExportQueue, IAccountTraces, IRevocations
{
    public Dictionary<Guid, byte[]> Files { get; } = [];

    public List<Guid> Enqueued { get; } = [];

    public List<UserId> Erased { get; } = [];

    public int RevocationsExpired { get; set; }

    public TimeSpan Kept { get; } = TimeSpan.FromHours(72);

    /// <summary>Runs after the content is written and before it is a file.</summary>
    public Action BeforeRename { get; set; } = () => { };

    public async Task<ExportFile> WriteAsync(Guid id, Func<Stream, Task> write, CancellationToken ct)
    {
        using var content = new MemoryStream();
        await write(content);
        BeforeRename();
        Files[id] = content.ToArray();
        return new ExportFile(content.Length, "hash");
    }

    public Task<Result<Stream>> OpenAsync(Guid id, CancellationToken ct) =>
        Task.FromResult<Result<Stream>>(Files.TryGetValue(id, out var content) ? new MemoryStream(content) : IdentityErrors.ExportNotFound);

    public Task DeleteAsync(Guid id, CancellationToken ct)
    {
        Files.Remove(id);
        return Task.CompletedTask;
    }

    public IAsyncEnumerable<Guid> ListAsync(DateTimeOffset before, CancellationToken ct)
    {
        ListedBefore = before;
        return Files.Keys.ToList().ToAsyncEnumerable();
    }

    public DateTimeOffset? ListedBefore { get; private set; }

    public Task EnqueueAsync(Guid id, CancellationToken ct)
    {
        Enqueued.Add(id);
        return Task.CompletedTask;
    }

    public Task<long> CountAsync(CancellationToken ct) => Task.FromResult((long)Enqueued.Count);

    public Task EraseAsync(UserId user, CancellationToken ct)
    {
        Erased.Add(user);
        return Task.CompletedTask;
    }

    public Task<int> RemoveExpiredAsync(CancellationToken ct) => Task.FromResult(RevocationsExpired);
}
