namespace MusicGen.Infrastructure.Files;

internal static class FileStores
{
    public static async Task<bool> ExistsAsync(this IFileStore files, string name, CancellationToken ct)
    {
        if (await files.OpenAsync(name, ct) is not { } file)
            return false;
        await file.Content.DisposeAsync();
        return true;
    }

    /// <summary>Writes a file in place of any earlier one; what <paramref name="write"/> throws leaves none.</summary>
    public static async Task<WrittenFile> WriteAsync(this IFileStore files, string name, Func<Stream, Task> write, CancellationToken ct)
    {
        using var draft = files.Draft(name);
        await draft.WriteAsync(write);
        return await files.PutAsync(draft, name, ct);
    }
}
