using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Files;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// One look at every file of the store, page by page. A task's sound goes before its row; but a worker that was killed as its
/// task was deleted leaves sound that no row leads to, and only who lists the files finds it.
/// </summary>
/// <param name="files">The store.</param>
/// <param name="isCopy">Whether a file can be made again from the others of its task.</param>
/// <param name="copiesBefore">Copies that were written earlier go.</param>
/// <param name="leftBefore">Only tasks of which nothing was written since count as left.</param>
/// <param name="living">Which of some tasks there are.</param>
internal sealed class AudioClearing(
    IFileStore files, Func<string, bool> isCopy, DateTimeOffset copiesBefore, DateTimeOffset leftBefore,
    Func<IReadOnlyCollection<GenerationId>, Task<IReadOnlySet<GenerationId>>> living)
{
    private const int AskedTogether = 500;

    /// <summary>So many may be left by killed workers, however few tasks there are.</summary>
    private const int Few = 10;

    private readonly HashSet<GenerationId> _unasked = [];
    private readonly HashSet<GenerationId> _left = [];
    private int _living;

    public static string FolderOf(GenerationId id)
    {
        // By the id's last two digits, which are random; its first ones are the time.
        var name = id.ToString();
        return $"{name[^2..]}/{name}";
    }

    public async Task<ClearedAudio> RunAsync(CancellationToken ct)
    {
        var copies = await files.DeleteHalvesAsync(leftBefore, ct);
        (GenerationId Id, DateTimeOffset Latest)? task = null; // stores list a folder's files one after another
        await foreach (var file in files.ListAsync(string.Empty, ct))
        {
            if (file.WrittenAt < copiesBefore && isCopy(file.Name))
            {
                await files.DeleteAsync(file.Name, ct);
                copies++;
            }

            if (TaskOf(file.Name) is not { } id)
                continue;
            if (task is { } seen && seen.Id != id)
                await ThinkOfAsync(seen.Id, seen.Latest);
            task = (id, task is { } same && same.Id == id && same.Latest > file.WrittenAt ? same.Latest : file.WrittenAt);
        }

        if (task is { } last)
            await ThinkOfAsync(last.Id, last.Latest);
        await AskAsync();
        // More tasks without a row than with one: the database is a new or an older one, or the store is another service's.
        if (_left.Count > Few && _left.Count > _living)
            return new ClearedAudio(copies, Left: 0, Foreign: _left.Count);
        foreach (var id in _left)
            await files.DeleteFolderAsync(FolderOf(id), ct);
        return new ClearedAudio(copies, _left.Count, Foreign: 0);
    }

    private static GenerationId? TaskOf(string name) =>
        name.Split('/') is [_, var folder, _] && GenerationId.TryParse(folder, out var id) && name.StartsWith(FolderOf(id), StringComparison.Ordinal) ? id : null;

    private async Task ThinkOfAsync(GenerationId id, DateTimeOffset latest)
    {
        if (latest >= leftBefore)
        {
            _living++; // or is too young to tell
            return;
        }

        _unasked.Add(id);
        if (_unasked.Count == AskedTogether)
            await AskAsync();
    }

    private async Task AskAsync()
    {
        if (_unasked.Count == 0)
            return;
        var there = await living(_unasked);
        _living += there.Count;
        _left.UnionWith(_unasked.Where(id => !there.Contains(id)));
        _unasked.Clear();
    }
}
