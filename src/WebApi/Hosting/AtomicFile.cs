namespace MusicGen.WebApi.Hosting;

/// <summary>Writes files that are either whole or not there.</summary>
internal static class AtomicFile
{
    /// <summary>Replaces the file; readers see the old content or the new.</summary>
    public static async Task WriteAsync(string file, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var beside = $"{file}.{Environment.ProcessId}.part";
        try
        {
            await File.WriteAllBytesAsync(beside, content, ct);
            File.Move(beside, file, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
