using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>The head in a file of this node's data folder: whoever can write to the database alone can't reach it.</summary>
internal sealed class FileAuditWitness(IOptions<AuditingOptions> options) : IAuditWitness
{
    public string Name => "audit.head";

    // It is on disk a second late at most, and a busy trail doesn't pay for a file with each entry.
    public TimeSpan Pause => TimeSpan.FromSeconds(1);

    private string? Path => options.Value.HeadFile;

    public async Task<AuditHead?> ReadAsync() =>
        Path is { } file && File.Exists(file) ? AuditHeadText.Read(await File.ReadAllTextAsync(file)) : null;

    public async Task<bool> TryReplaceAsync(long expected, AuditHead head)
    {
        if (Path is not { } file)
            return true; // this node keeps none
        var there = (await ReadAsync())?.Sequence ?? 0;
        if (there != expected || head.Sequence < there)
            return false;

        var beside = $"{file}.{Environment.ProcessId}.part";
        var mode = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            mode.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var stream = new FileStream(beside, mode))
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(AuditHeadText.Write(head)));
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, file, overwrite: true);
        return true;
    }
}
