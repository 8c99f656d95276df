using System.Runtime.Versioning;
using MusicGen.Unit.WebApi.Configuration;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Unit.WebApi.Hosting;

/// <summary>The data folder is its owner's alone, and one server's.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DataFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("musicgen-data-").FullName;

    private string Folder => Path.Combine(_parent, "data");

    [Fact]
    public void A_new_folder_and_the_files_in_it_are_closed_to_others()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        var folder = Open();
        File.WriteAllText(folder.File("musicgen.db"), "x");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("musicgen.db")));
    }

    [Fact]
    public void An_empty_folder_that_is_open_is_closed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1FF);

        Open();

        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(Folder));
    }

    // `generate` needs no server, and leaves nothing else there.
    [Fact]
    public void A_folder_that_only_holds_packed_weights_is_closed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Directory.CreateDirectory(Path.Combine(Folder, DataFolder.PackedWeights));
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1ED);

        Open();

        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(Folder));
    }

    [Fact]
    public void A_folder_that_others_use_is_not_closed_to_them()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "letter.txt"), "x");
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1FF);

        var refused = Assert.Throws<StartRefusedException>(Open);

        Assert.Contains("holds other files", Assert.Single(refused.Lines), StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0x1FF, File.GetUnixFileMode(Folder));
    }

    [Fact]
    public void A_folder_of_somebody_else_is_refused_naming_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can give a folder away.");
        Directory.CreateDirectory(Folder);
        using (var chown = System.Diagnostics.Process.Start("chown", ["daemon", Folder]))
            chown.WaitForExit();

        var refused = Assert.Throws<StartRefusedException>(Open);

        Assert.Contains("belongs to daemon. Run this as daemon", Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_has_one_holder_and_asking_does_not_take_it()
    {
        var file = Open().ServerLock;
        Assert.False(FolderLock.IsHeld(file));

        await using (FolderLock.TryTake(file))
        {
            Assert.Null(FolderLock.TryTake(file));
            Assert.True(FolderLock.IsHeld(file));
        }

        Assert.False(FolderLock.IsHeld(file));
        await using var again = FolderLock.TryTake(file);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task Development_makes_its_secrets_once_also_when_many_ask_at_the_same_time()
    {
        var folder = Open();
        var ct = TestContext.Current.CancellationToken;

        var secrets = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => DevelopmentSecrets.ReadOrMakeAsync(folder, ct)));

        var secret = Assert.Single(secrets.Distinct());
        Assert.Equal(64, secret.Length);
        Assert.Equal(secret, await DevelopmentSecrets.ReadOrMakeAsync(folder, ct));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("secrets.json")));
    }

    [Fact]
    public async Task Secrets_that_can_not_be_read_are_not_silently_replaced()
    {
        var folder = Open();
        await File.WriteAllTextAsync(folder.File("secrets.json"), "{", TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => DevelopmentSecrets.ReadOrMakeAsync(folder, CancellationToken.None));

        Assert.Contains("secrets.json holds no JWT_SECRET_KEY", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private DataFolder Open() => DataFolder.Open(Settings.Read(("ENVIRONMENT", "Development"), ("MUSICGEN_DATA", Folder)));
}
