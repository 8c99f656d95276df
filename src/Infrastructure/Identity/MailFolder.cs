using System.Globalization;
using Microsoft.Extensions.Options;
using MimeKit;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Where Development writes mail instead of sending it. Whoever watches the folder sees whole files only.</summary>
internal sealed class MailFolder(IOptions<MailOptions> options, TimeProvider time)
{
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task WriteAsync(MimeMessage message, CancellationToken ct)
    {
        var folder = options.Value.Folder!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnersFolder);

        var name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMdd'T'HHmmssfff}-{Guid.CreateVersion7():N}");
        var half = Path.Combine(folder, name + ".part");
        var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            settings.UnixCreateMode = OwnersFile;
        await using (var file = new FileStream(half, settings))
            await message.WriteToAsync(file, ct);
        File.Move(half, Path.Combine(folder, name + ".eml"));
    }

    /// <returns>How many files went.</returns>
    public int DeleteOlder(DateTimeOffset before)
    {
        if (string.IsNullOrEmpty(options.Value.Folder) || !Directory.Exists(options.Value.Folder))
            return 0;
        var old = new DirectoryInfo(options.Value.Folder).GetFiles()
            .Where(f => f.Extension is ".eml" or ".part" && f.LastWriteTimeUtc < before.UtcDateTime)
            .ToList();
        old.ForEach(f => f.Delete());
        return old.Count;
    }
}
