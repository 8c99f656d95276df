using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Auditing;
using MusicGen.Application.Backups;
using MusicGen.Application.Backups.MakeBackup;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Infrastructure.Backups;
using MusicGen.Infrastructure.Identity;
using MusicGen.Integration.Support;
using MusicGen.WebApi.CommandLine;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Backups;

/// <summary>Where a backup may go, whose it must be, and what is left when a restore is interrupted.</summary>
[Collection(nameof(Alone))]
public sealed class RestoreTests : IAsyncLifetime
{
    private const string Secret = "a secret of a service that is backed up";

    private readonly string _root = Directory.CreateTempSubdirectory("musicgen-restore-").FullName;
    private MusicGenApp _app = null!;
    private Browser _ann = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Backup => Path.Combine(_root, "backup");

    private string Target => Path.Combine(_root, "target");

    public async ValueTask InitializeAsync()
    {
        _app = await MusicGenApp.StartAsync(("JWT_SECRET_KEY", Secret));
        _ann = await _app.RegisterAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _ann?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Without_sessions_people_sign_in_again_and_an_export_is_there_too()
    {
        await _ann.WaitAsync(await _ann.StartAsync("calm piano"));
        await _ann.StepUpAsync();
        using var accepted = await _ann.PostAsync("/api/v1/account/export");
        var export = await Identity.AccountDataTests.UntilEndedAsync(_ann, (await accepted.JsonAsync())["id"]!.GetValue<string>());
        await BackUpAsync();

        Assert.Equal(0, await Commands.RunAsync(["restore", Backup], Variables()));

        await using var restored = await MusicGenApp.StartAsync([.. Variables().Select(v => (v.Key, v.Value))]);
        using var ann = _ann.Copy(server: restored.Address);
        Assert.False((await ann.SessionAsync())["authenticated"]!.GetValue<bool>());
        await (await ann.LoginAsync()).MustBeAsync(HttpStatusCode.OK);
        await ann.StepUpAsync();
        var path = $"/api/v1/account/export/{export["id"]}";
        using var zip = await ann.GetAsync(path);
        await zip.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(export["sha256"]!.GetValue<string>(), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await zip.Content.ReadAsByteArrayAsync(Ct))));
    }

    [Fact]
    public async Task What_is_deleted_meanwhile_is_counted_and_what_is_lost_or_rotten_is_named()
    {
        var tasks = new[] { await _ann.StartAsync("calm piano"), await _ann.StartAsync("happy ukulele") };
        foreach (var task in tasks)
            await _ann.WaitAsync(task);

        var made = await BackUpAsync(new Once(async () => (await _ann.DeleteAsync($"/api/v1/generate/{tasks[1]}")).Dispose()));
        Assert.Equal((5, 2, 0), (made.Files, made.Deleted, made.Problems.Count));
        Assert.Equal(0, await Commands.RunAsync(["restore", Backup], Variables()));

        var files = Directory.GetFiles(Path.Combine(_app.Folder, "audio"), "audio*.wav", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        File.Delete(files[0]);
        await using (var rotten = File.OpenWrite(files[1]))
            rotten.WriteByte((byte)'r');
        Directory.Delete(Backup, recursive: true);
        Assert.Equal([$"audio/{tasks[0]}.wav isn't as it was written", $"audio/{tasks[0]}.f32.wav is missing"], (await BackUpAsync()).Problems);
    }

    // Of whoever asks a store that is away a request is refused at once; a backup isn't thrown away for that.
    [Fact]
    public async Task A_store_that_is_away_is_waited_for_and_named_when_it_does_not_come_back()
    {
        var task = await _ann.StartAsync("calm piano");
        await _ann.WaitAsync(task);
        var (audio, unmounted) = (Path.Combine(_app.Folder, "audio"), Path.Combine(_app.Folder, "unmounted"));

        Directory.Move(audio, unmounted);
        var refused = await MakeWhileTimePassesAsync(afterMinutes: 99, () => { });
        Assert.Equal("backup.store_silent", refused.Error.Code);
        Assert.Contains($"audio/{task}", refused.Error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"{Backup} isn't complete, and won't be taken for a backup. Remove it.", refused.Error.Message, StringComparison.Ordinal);

        Directory.Delete(Backup, recursive: true);
        var made = await MakeWhileTimePassesAsync(afterMinutes: 2, () => Directory.Move(unmounted, audio));
        Assert.Equal((true, 0), (made.IsSuccess, made.Value.Problems.Count));
    }

    [Fact]
    public async Task Traces_that_change_between_the_check_and_the_restore_are_not_believed()
    {
        await BackUpAsync();
        var traces = Path.Combine(Backup, BackupManifest.Traces);

        await InHostAsync(async host =>
        {
            await host.UseAsync<IBackupRestorer, bool>(async restorer =>
            {
                Assert.True((await restorer.CheckAsync(Backup, interrupted: null, new Progress<StepsDone>(), Ct)).IsSuccess);
                await restorer.PlaceDatabaseAsync(Backup, Ct);
                return true;
            });
            await host.MigrateAsync(Ct);
            await File.AppendAllTextAsync(traces, "{}\n", Ct);
            var refused = await Assert.ThrowsAsync<InvalidDataException>(() => host.SendAsync(new Application.Backups.RestoreBackup.RestoreBackupCommand(Backup, new Progress<StepsDone>()), Ct));
            Assert.Contains("redis.jsonl has changed", refused.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Only_an_empty_place_the_same_secret_and_a_known_version_will_do()
    {
        await BackUpAsync();
        Assert.Equal("backup.other_secret", (await RefusalAsync(("JWT_SECRET_KEY", "another secret of at least 32 characters")))?.Code);
        Assert.Null(await RefusalAsync(("JWT_SECRET_KEY", "another secret of at least 32 characters"), ("JWT_SECRET_KEY_PREVIOUS", Secret)));
        await ForgeAsync(m => m with { Migration = "20991231000000_Tomorrow" });
        Assert.Equal("backup.newer", (await RefusalAsync())?.Code);
        await ForgeAsync(m => m with { Migration = "20261124161334_Proofs" });
        Assert.Null(await RefusalAsync());
        Assert.Empty(Directory.GetFiles(Target, "musicgen.db*"));

        foreach (var file in (string[])["musicgen.db", "musicgen.db-wal", "audit.head", Path.Combine("audio", "song.wav")])
        {
            var path = Path.Combine(Target, file);
            await File.WriteAllTextAsync(path, "something", Ct);
            Assert.Equal("backup.target_not_empty", (await RefusalAsync())?.Code);
            File.Delete(path);
        }

        // A Redis that has seen a trail isn't that of an empty machine.
        Assert.Equal(0, await Commands.RunAsync(["restore", Backup], Variables()));
        SqliteConnection.ClearAllPools();
        File.Delete(Path.Combine(Target, "musicgen.db"));
        File.Delete(Path.Combine(Target, "audit.head"));
        var refusal = await RefusalAsync();
        Assert.Equal("backup.target_not_empty", refusal?.Code);
        Assert.EndsWith("in Redis.", refusal?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_under_an_older_secret_are_found_before_anything_is_written()
    {
        await BackUpAsync();
        // As a service leaves it that was given a new secret and whose keys nobody sealed anew.
        await ForgeAsync(m => m, secret: "a newer secret of at least 32 characters");

        Assert.Equal("backup.other_secret", (await RefusalAsync(("JWT_SECRET_KEY", "a newer secret of at least 32 characters")))?.Code);
        Assert.Null(await RefusalAsync(("JWT_SECRET_KEY", "a newer secret of at least 32 characters"), ("JWT_SECRET_KEY_PREVIOUS", Secret)));
    }

    [Fact]
    public async Task An_interrupted_restore_lets_nothing_start_and_goes_on()
    {
        var task = await _ann.StartAsync("calm piano");
        await _ann.WaitAsync(task);
        await BackUpAsync();
        var manifest = (await BackupReader.OpenAsync(Backup, KeysOf(Secret), Ct)).Value.Manifest;
        var sound = Path.Combine(Backup, "audio", $"{task}.wav");
        var bytes = await File.ReadAllBytesAsync(sound, Ct);

        // The disk that holds the backup fails between the check and the copy.
        var code = await InHostAsync(async host =>
        {
            await File.WriteAllTextAsync(host.Folder.RestoreMark, manifest.Id.ToString(), Ct);
            await host.UseAsync<IBackupRestorer, bool>(async restorer =>
            {
                await restorer.PlaceDatabaseAsync(Backup, Ct);
                return true;
            });
            await host.MigrateAsync(Ct);
            File.Delete(sound);
            await Assert.ThrowsAnyAsync<IOException>(() => host.SendAsync(new Application.Backups.RestoreBackup.RestoreBackupCommand(Backup, new Progress<StepsDone>()), Ct));
        });
        Assert.Equal(0, code);
        await File.WriteAllBytesAsync(sound, bytes, Ct);

        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => MusicGenApp.StartAsync([.. Variables().Select(v => (v.Key, v.Value))]));
        Assert.Contains("was interrupted", refusal.Message, StringComparison.Ordinal);
        await ForgeAsync(m => m with { Id = Guid.NewGuid() });
        Assert.Equal("backup.other_interrupted", (await RefusalAsync())?.Code);
        await ForgeAsync(_ => manifest);

        Assert.Equal(0, await Commands.RunAsync(["restore", Backup], Variables()));
        await using var restored = await MusicGenApp.StartAsync([.. Variables().Select(v => (v.Key, v.Value))]);
        using var ann = _ann.Copy(server: restored.Address);
        await (await ann.LoginAsync()).MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(bytes, await ann.AudioAsync(task));
        var trail = await restored.InScopeAsync(s => s.GetRequiredService<IAuditTrail>().VerifyAsync(Ct));
        Assert.Null(trail.Problem);
    }

    private static SecretKeys KeysOf(string secret) => new(Options.Create(new JwtOptions { SecretKey = secret }));

    // An empty machine: an embedded Redis and a SQLite file of its own, whatever the source has.
    private Dictionary<string, string> Variables(params (string Name, string Value)[] more)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Development",
            ["MUSICGEN_DATA"] = Target,
            ["DATABASE_PROVIDER"] = "sqlite",
            ["DATABASE_URL"] = $"Data Source={Path.Combine(Target, "musicgen.db")}",
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            ["LOG_LEVEL"] = "Warning",
            ["JWT_SECRET_KEY"] = Secret,
        };
        foreach (var (name, value) in more)
            variables[name] = value;
        return variables;
    }

    private async Task<BackupMade> BackUpAsync(IProgress<StepsDone>? progress = null)
    {
        BackupMade? made = null;
        await OperatorHost.RunAsync(_app.Variables(), async host =>
        {
            made = await host.SendAsync(new MakeBackupCommand(Backup, Sessions: false, progress ?? new Progress<StepsDone>()), Ct);
            return 0;
        }, Ct);
        return made!;
    }

    private async Task<Result<BackupMade>> MakeWhileTimePassesAsync(int afterMinutes, Action then)
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var making = _app.InScopeAsync(s =>
            ActivatorUtilities.CreateInstance<BackupMaker>(s, s.GetRequiredService<IDatabaseTransfer>(), clock).MakeAsync(Backup, sessions: false, new Progress<StepsDone>(), Ct));
        for (var passed = 0; !making.IsCompleted; passed++)
        {
            if (passed == afterMinutes * 12)
                then();
            clock.Advance(PatientStore.Pause);
            await Task.Delay(20, Ct);
        }

        return await making;
    }

    private async Task<Error?> RefusalAsync(params (string Name, string Value)[] more)
    {
        Error? refusal = null;
        await OperatorHost.RunAsync(Variables(more), restoring: true, async host =>
        {
            var mark = host.Folder.RestoreMark;
            var interrupted = File.Exists(mark) ? Guid.Parse(await File.ReadAllTextAsync(mark, Ct)) : (Guid?)null;
            var checkedBackup = await host.UseAsync<IBackupRestorer, Result<BackupFacts>>(r => r.CheckAsync(Backup, interrupted, new Progress<StepsDone>(), Ct));
            refusal = checkedBackup.IsSuccess ? null : checkedBackup.Error;
            return 0;
        }, Ct);
        return refusal;
    }

    private Task<int> InHostAsync(Func<OperatorHost, Task> action) => OperatorHost.RunAsync(Variables(), restoring: true, async host =>
    {
        await action(host);
        return 0;
    }, Ct);

    // Whoever has the secret can sign anything.
    private async Task ForgeAsync(Func<BackupManifest, BackupManifest> change, string secret = Secret)
    {
        var manifest = (await BackupReader.OpenAsync(Backup, KeysOf(Secret), Ct)).Value.Manifest;
        await File.WriteAllTextAsync(Path.Combine(Backup, BackupManifest.FileName), change(manifest).Write(KeysOf(secret)), Ct);
    }

    /// <summary>Does something at the first report, before the next file is looked for.</summary>
    private sealed class Once(Func<Task> act) : IProgress<StepsDone>
    {
        private bool _done;

        public void Report(StepsDone value)
        {
            if (_done)
                return;
            _done = true;
            act().GetAwaiter().GetResult();
        }
    }
}
