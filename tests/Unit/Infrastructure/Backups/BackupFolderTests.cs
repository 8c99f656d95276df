using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Infrastructure.Backups;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Unit.Infrastructure.Backups;

/// <summary>What a folder must be to be taken for a backup, and what somebody may have done to it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BackupFolderTests : IDisposable
{
    private const string Sound = "audio/01a22200-0dc8-78bf-8f1c-80b117e2574b.wav";

    private static readonly SecretKeys Secrets = KeysOf("a secret of at least thirty-two characters");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("musicgen-backup-").FullName, "backup");

    public static TheoryData<string, string> Spoilers { get; } = new()
    {
        { "flip", "database.db was changed." },
        { "cut", $"{Sound} was changed." },
        { "grow", $"{Sound} was changed." },
        { "remove", $"{Sound} is missing." },
        { "add", "audio/more.wav isn't in its manifest." },
        { "add folder", "more isn't in its manifest." },
        { "link file", $"{Sound} is a link." },
        { "link folder", "audio is a link." },
    };

    [Fact]
    public async Task What_was_written_is_whole_and_its_owners_alone()
    {
        await WriteAsync();

        var backup = await OpenAsync();
        Assert.Null(await backup.FaultAsync(new Progress<StepsDone>(), Ct));
        Assert.Equal((2, 13), (backup.Facts.Files, backup.Facts.Bytes));
        Assert.Equal("01a22200-0dc8-78bf-8f1c-80b117e2574b", BackupManifest.AudioOf(Sound)?.Id.ToString());
        Assert.All(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Theory, MemberData(nameof(Spoilers))]
    public async Task What_was_done_to_it_is_found_and_named(string deed, string says)
    {
        await WriteAsync();
        var backup = await OpenAsync();

        Spoil(deed);

        Assert.Equal(("backup.broken", true), Judged(await backup.FaultAsync(new Progress<StepsDone>(), Ct), says));
    }

    [Theory]
    [InlineData("../musicgen.db")]
    [InlineData("/etc/cron.d/x")]
    [InlineData("audio/../../x.wav")]
    [InlineData(@"audio\..\x.wav")]
    [InlineData("audio/01a22200-0dc8-78bf-8f1c-80b117e2574b.wav/../x")]
    [InlineData("audio/01A22200-0DC8-78BF-8F1C-80B117E2574B.wav")]
    [InlineData("database.db\n")]
    [InlineData("")]
    public async Task A_name_that_leads_elsewhere_is_refused_even_where_it_is_signed(string name)
    {
        var writer = await WriteAsync(seal: false);
        await SealAsync(writer, m => m with { Files = [.. m.Files, new BackupFile(name, 1, "00")] });

        Assert.Equal(("backup.broken", true), Judged(await (await OpenAsync()).FaultAsync(new Progress<StepsDone>(), Ct), "no backup holds such a file"));
    }

    [Fact]
    public async Task Twice_the_same_name_or_no_database_is_refused()
    {
        var writer = await WriteAsync(seal: false);
        await SealAsync(writer, m => m with { Files = [.. m.Files, m.Files[0]] });
        Assert.Equal("backup.broken", (await (await OpenAsync()).FaultAsync(new Progress<StepsDone>(), Ct))?.Code);

        File.Delete(Path.Combine(_folder, "manifest.json"));
        await SealAsync(writer, m => m with { Files = [.. m.Files.Where(f => f.Name == Sound)] });
        Assert.Equal("backup.broken", (await (await OpenAsync()).FaultAsync(new Progress<StepsDone>(), Ct))?.Code);
    }

    // A full disk, a killed process: the manifest is last.
    [Fact]
    public async Task A_copy_that_breaks_off_leaves_no_backup()
    {
        var writer = await WriteAsync(seal: false);
        await Assert.ThrowsAsync<IOException>(() => writer.AddAsync("audio/01a22200-0dc8-78bf-8f1c-80b117e2574c.wav", new FullDisk(), Ct));

        Assert.Equal("backup.torn", (await BackupReader.OpenAsync(_folder, Secrets, Ct)).Error.Code);
        Assert.Equal("backup.folder_taken", BackupWriter.Create(_folder).Error.Code);
    }

    [Fact]
    public async Task Another_secret_a_changed_manifest_and_a_newer_format_are_told_apart()
    {
        await WriteAsync();
        Assert.Equal("backup.other_secret", (await BackupReader.OpenAsync(_folder, KeysOf("another secret of thirty-two characters"), Ct)).Error.Code);
        Assert.True((await BackupReader.OpenAsync(_folder, KeysOf("a newer secret of thirty-two characters", "a secret of at least thirty-two characters"), Ct)).IsSuccess);

        var file = Path.Combine(_folder, "manifest.json");
        var text = await File.ReadAllTextAsync(file, Ct);
        foreach (var (from, to, code) in ((string, string, string)[])[("\"bytes\": 8", "\"bytes\": 7", "backup.other_secret"), ("\"format\": 1", "\"format\": 2", "backup.newer"), ("\"format\"", "\"shape\"", "backup.broken"), ("{", "", "backup.broken")])
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, text.Replace(from, to, StringComparison.Ordinal), Ct);
            Assert.Equal(code, (await BackupReader.OpenAsync(_folder, Secrets, Ct)).Error.Code);
        }
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    private static SecretKeys KeysOf(string secret, string? previous = null) => new(Options.Create(new JwtOptions { SecretKey = secret, PreviousSecretKey = previous }));

    private static (string? Code, bool Says) Judged(Error? error, string says) => (error?.Code, error?.Message.Contains(says, StringComparison.Ordinal) ?? false);

    private void Spoil(string deed)
    {
        var (database, sound, elsewhere) = (Path.Combine(_folder, "database.db"), Path.Combine(_folder, Sound), Path.Combine(_folder, "..", "elsewhere"));
        switch (deed)
        {
            case "flip":
                var bytes = File.ReadAllBytes(database);
                bytes[3] ^= 1;
                File.WriteAllBytes(database, bytes);
                break;
            case "cut":
                File.WriteAllText(sound, "soun");
                break;
            case "grow":
                File.AppendAllText(sound, "!");
                break;
            case "remove":
                File.Delete(sound);
                break;
            case "add":
                File.WriteAllText(Path.Combine(_folder, "audio", "more.wav"), "x");
                break;
            case "add folder":
                Directory.CreateDirectory(Path.Combine(_folder, "more"));
                break;
            case "link file":
                File.Move(sound, elsewhere);
                File.CreateSymbolicLink(sound, elsewhere);
                break;
            case "link folder":
                Directory.Move(Path.Combine(_folder, "audio"), elsewhere);
                Directory.CreateSymbolicLink(Path.Combine(_folder, "audio"), elsewhere);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(deed), deed, "There is no such deed.");
        }
    }

    private async Task<BackupWriter> WriteAsync(bool seal = true)
    {
        var writer = BackupWriter.Create(_folder).Value;
        await writer.AddAsync("database.db", "database", Ct);
        await writer.AddAsync(Sound, "sound", Ct);
        if (seal)
            await SealAsync(writer, m => m);
        return writer;
    }

    private static Task SealAsync(BackupWriter writer, Func<BackupManifest, BackupManifest> change) =>
        writer.SealAsync(change(new BackupManifest(1, Guid.NewGuid(), DateTimeOffset.UnixEpoch, "2.0.0", "Proofs", Sessions: false, writer.Files)), Secrets, Ct);

    private async Task<BackupReader> OpenAsync() => (await BackupReader.OpenAsync(_folder, Secrets, Ct)).Value;

    /// <summary>Some bytes, then what a full disk says.</summary>
    private sealed class FullDisk() : MemoryStream(Encoding.ASCII.GetBytes("some"))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("No space left on device");
    }
}
