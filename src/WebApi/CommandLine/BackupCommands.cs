using System.CommandLine;
using System.Data.Common;
using System.Globalization;
using MusicGen.Application.Backups;
using MusicGen.Application.Backups.MakeBackup;
using MusicGen.Application.Backups.RestoreBackup;
using MusicGen.Infrastructure.Redis;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The whole service into a folder while it serves, and out of it where nothing is.</summary>
internal static class BackupCommands
{
    public static Command Backup(IReadOnlyDictionary<string, string> variables)
    {
        var folder = Folder("New or empty.");
        var sessions = new Option<bool>("--sessions") { Description = "Sessions too, so that nobody has to sign in again after a restore." };
        var command = new Command("backup", "Copy database, keys, audit trail, quotas and audio, as they are at this moment, into a folder; the server may run.") { folder, sessions };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, host => BackUpAsync(host, Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetValue(sessions), ct), ct));
        return command;
    }

    public static Command Restore(IReadOnlyDictionary<string, string> variables)
    {
        var folder = Folder("What backup has written.");
        var command = new Command("restore", "Put a backup into an empty data folder and an empty database, after every byte of it was checked.") { folder };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, restoring: true, host => RestoreAsync(host, Path.GetFullPath(parsed.GetRequiredValue(folder)), ct), ct));
        return command;
    }

    private static Argument<string> Folder(string description) => new("folder") { Description = description };

    private static async Task<int> BackUpAsync(OperatorHost host, string folder, bool sessions, CancellationToken ct)
    {
        try
        {
            var made = await StepsOnConsole.ShowAsync("Copying", progress => host.SendAsync(new MakeBackupCommand(folder, sessions, progress), ct));
            Console.WriteLine(Text($"{folder}: {made.Files} files, {made.Bytes} bytes, the service at {made.At:u}{(made.Deleted > 0 ? Text($"; {made.Deleted} files were deleted meanwhile") : string.Empty)}"));
            return Answer.Refuse(made.Problems, made.Problems.Count > 0 ? Answer.Failure : Answer.Done);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DbException || Outages.IsOutage(e))
        {
            throw new CommandFailedException($"{folder} isn't complete, and won't be taken for a backup. Remove it. {e.GetBaseException().Message}", e);
        }
    }

    private static async Task<int> RestoreAsync(OperatorHost host, string folder, CancellationToken ct)
    {
        await using var hold = FolderLock.TryTake(host.Folder.ServerLock)
            ?? throw new CommandFailedException($"A server owns the data folder {host.Folder.Path}. A backup is restored where nothing is.");
        var mark = host.Folder.RestoreMark;
        var interrupted = File.Exists(mark) && Guid.TryParse(await File.ReadAllTextAsync(mark, ct), out var id) ? id : (Guid?)null;
        var backup = Answer.Of(await StepsOnConsole.ShowAsync("Checking", progress =>
            host.UseAsync<IBackupRestorer, Domain.Result<BackupFacts>>(restorer => restorer.CheckAsync(folder, interrupted, progress, ct))));

        // From here to the end neither a server nor a command takes the folder for whole.
        await AtomicFile.WriteAsync(mark, System.Text.Encoding.ASCII.GetBytes($"{backup.Id}"), ct);
        try
        {
            await host.UseAsync<IBackupRestorer, bool>(async restorer =>
            {
                await restorer.PlaceDatabaseAsync(folder, ct);
                return true;
            });
            await host.MigrateAsync(ct);
            await StepsOnConsole.ShowAsync("Restoring", progress => host.SendAsync(new RestoreBackupCommand(folder, progress), ct));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or DbException || Outages.IsOutage(e))
        {
            throw new CommandFailedException($"The restore isn't complete, and nothing starts on it. Run it again. {e.GetBaseException().Message}", e);
        }

        File.Delete(mark);
        Console.WriteLine(Text($"{host.Folder.Path}: {backup.Files} files, {backup.Bytes} bytes, the service at {backup.At:u}"));
        return Answer.Done;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
