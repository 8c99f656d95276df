using System.Net;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Auditing;
using MusicGen.Application.Backups;
using MusicGen.Application.Backups.RestoreBackup;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Infrastructure.Backups;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Integration.Persistence;
using MusicGen.Integration.Support;
using MusicGen.WebApi.CommandLine;

namespace MusicGen.Integration.Backups;

/// <summary>
/// The service backed up and restored row by row, as with a server's database: that of MUSICGEN_TEST_SQLSERVER, else a
/// SQLite file that is treated like one.
/// </summary>
[Collection(nameof(Alone))]
public sealed class RowTransferTests : IAsyncLifetime
{
    private const string Secret = "a secret of a service that is backed up";

    private readonly string _root = Directory.CreateTempSubdirectory("musicgen-rows-").FullName;
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_made_by_rows_is_restored_by_rows_and_as_a_file(bool byRows)
    {
        var song = await _ann.StartAsync("calm piano");
        await _ann.WaitAsync(song);
        var made = await BackUpAsync();
        Assert.Equal((5, 0), (made.Files, made.Problems.Count));
        Assert.Equal(["audio", "audit.head", "database.db", "exports", "manifest.json", "redis.jsonl"], Directory.GetFileSystemEntries(Backup).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        if (byRows)
            await RestoreByRowsAsync();
        else
            Assert.Equal(0, await Commands.RunAsync(["restore", Backup], Variables(server: false)));

        await using var restored = await MusicGenApp.StartAsync([.. Variables(server: byRows).Select(v => (v.Key, v.Value))]);
        using var ann = _ann.Copy(server: restored.Address);
        await (await ann.LoginAsync()).MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(await _ann.AudioAsync(song), await ann.AudioAsync(song));
        var trail = await restored.InScopeAsync(s => s.GetRequiredService<IAuditTrail>().VerifyAsync(Ct));
        Assert.Null(trail.Problem);
        Assert.True(trail.Entries > 5, $"{trail.Entries} entries");
    }

    [Fact]
    public async Task An_older_backup_is_brought_up_beside_itself_and_an_interrupted_restore_goes_on()
    {
        var id = (await BackUpAsync()).Id;
        await MakeOlderAsync();
        var original = await File.ReadAllBytesAsync(Path.Combine(Backup, "database.db"), Ct);
        await InTargetAsync(async (_, restorer) =>
        {
            // Killed in the middle of one, and right after another.
            Directory.CreateDirectory(Path.Combine(Target, "restoring-database"));
            await File.WriteAllTextAsync(Path.Combine(Target, "restoring-database", "database.db-journal"), "of another database", Ct);
            await restorer.PlaceDatabaseAsync(Backup, Ct);
            await restorer.PlaceDatabaseAsync(Backup, Ct);
        });

        Assert.Equal(original, await File.ReadAllBytesAsync(Path.Combine(Backup, "database.db"), Ct));
        Assert.False(Directory.Exists(Path.Combine(Target, "restoring-database")));
        await InTargetAsync(async (host, restorer) =>
        {
            Assert.Equal((1, 1), await host.UseAsync<MusicGenDbContext, (int, int)>(async db => (await db.Users.CountAsync(Ct), await db.AdminRoster.CountAsync(Ct))));
            var refusal = (await restorer.CheckAsync(Backup, interrupted: null, new Progress<StepsDone>(), Ct)).Error;
            Assert.Equal(("backup.target_not_empty", true), (refusal.Code, refusal.Message.Contains("the table AuditEntries with rows", StringComparison.Ordinal)));
            Assert.True((await restorer.CheckAsync(Backup, id, new Progress<StepsDone>(), Ct)).IsSuccess);
        });
    }

    [Theory]
    [InlineData("sqlite", "Data Source=nowhere.db", typeof(FileTransfer))]
    [InlineData("sqlserver", "Server=localhost;Database=nowhere", typeof(RowTransfer))]
    public async Task A_file_copies_itself_and_a_server_is_asked_for_rows(string provider, string url, Type way)
    {
        var variables = new Dictionary<string, string>(Variables(server: false), StringComparer.Ordinal) { ["DATABASE_PROVIDER"] = provider, ["DATABASE_URL"] = url };

        await OperatorHost.RunAsync(variables, restoring: true, host => host.UseAsync<IDatabaseTransfer, int>(database =>
        {
            Assert.IsType(way, database);
            return Task.FromResult(0);
        }), Ct);
    }

    [Fact]
    public async Task A_database_that_a_node_began_meanwhile_is_left_alone()
    {
        await BackUpAsync();
        await using (var other = await MusicGenApp.StartAsync([.. Variables(server: true).Select(v => (v.Key, v.Value))]))
            (await other.RegisterAsync()).Dispose();

        await InTargetAsync(async (_, restorer) =>
        {
            var refused = await Assert.ThrowsAsync<InvalidDataException>(() => restorer.PlaceDatabaseAsync(Backup, Ct));
            Assert.Contains("isn't this backup's", refused.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_newer_database_and_one_without_snapshots_are_refused_before_a_folder_is_made()
    {
        await _app.InScopeAsync(s => s.GetRequiredService<MusicGenDbContext>().Database.ExecuteSqlRawAsync(
            "INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Covers', '10.0.0')", Ct));
        Assert.Equal("backup.newer_database", (await MakeAsync()).Error.Code);

        var refused = await MakeAsync(new NoSnapshots());
        Assert.Equal("backup.no_snapshots", refused.Error.Code);
        Assert.EndsWith("ALTER DATABASE [music] SET ALLOW_SNAPSHOT_ISOLATION ON", refused.Error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Backup));
    }

    // What the version before the last migration would have made.
    private async Task MakeOlderAsync()
    {
        var file = Path.Combine(Backup, BackupManifest.Database);
        string older;
        await using (var db = SqliteMusicGenDbContext.OpenAlone(file))
        {
            older = db.Database.GetMigrations().ToList()[^2];
            await db.GetService<IMigrator>().MigrateAsync(older, Ct);
            Assert.DoesNotContain("AdminRoster", await db.Database.SqlQueryRaw<string>(db.AskTables).ToListAsync(Ct));
        }

        var secrets = new SecretKeys(Options.Create(new JwtOptions { SecretKey = Secret }));
        var manifest = (await BackupReader.OpenAsync(Backup, secrets, Ct)).Value.Manifest;
        var bytes = await File.ReadAllBytesAsync(file, Ct);
        var entry = new BackupFile(BackupManifest.Database, bytes.Length, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
        manifest = manifest with { Migration = older, Files = [entry, .. manifest.Files.Where(f => f.Name != entry.Name)] };
        await File.WriteAllTextAsync(Path.Combine(Backup, BackupManifest.FileName), manifest.Write(secrets), Ct);
    }

    private async Task<BackupMade> BackUpAsync() => (await MakeAsync()).Value;

    private Task<Result<BackupMade>> MakeAsync(IDatabaseTransfer? database = null) => _app.InScopeAsync(s =>
        ActivatorUtilities.CreateInstance<BackupMaker>(s, database ?? s.GetRequiredService<RowTransfer>()).MakeAsync(Backup, sessions: false, new Progress<StepsDone>(), Ct));

    private Task RestoreByRowsAsync() => InTargetAsync(async (host, restorer) =>
    {
        Assert.True((await restorer.CheckAsync(Backup, interrupted: null, new Progress<StepsDone>(), Ct)).IsSuccess);
        await restorer.PlaceDatabaseAsync(Backup, Ct);
        await host.MigrateAsync(Ct);
        await host.SendAsync(new RestoreBackupCommand(Backup, new Progress<StepsDone>()), Ct);
    });

    private async Task InTargetAsync(Func<OperatorHost, IBackupRestorer, Task> act)
    {
        await OperatorHost.RunAsync(Variables(server: true), restoring: true, host => host.UseAsync<IServiceProvider, int>(async s =>
        {
            await act(host, ActivatorUtilities.CreateInstance<BackupRestorer>(s, s.GetRequiredService<RowTransfer>()));
            return 0;
        }), Ct);
        SqliteConnection.ClearAllPools();
    }

    // An empty machine: an embedded Redis of its own, and a database of its own.
    private Dictionary<string, string> Variables(bool server)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = "Development",
            ["MUSICGEN_DATA"] = Target,
            ["TRUSTED_PROXIES"] = "127.0.0.1",
            ["LOG_LEVEL"] = "Warning",
            ["JWT_SECRET_KEY"] = Secret,
        };
        if (server && Environment.GetEnvironmentVariable(TestDatabase.Variable) is { Length: > 0 } database)
            (variables["DATABASE_PROVIDER"], variables["DATABASE_URL"]) = ("sqlserver", new SqlConnectionStringBuilder(database) { InitialCatalog = Path.GetFileName(_root) }.ConnectionString);
        else
            (variables["DATABASE_PROVIDER"], variables["DATABASE_URL"]) = ("sqlite", $"Data Source={Path.Combine(Target, "musicgen.db")}");
        return variables;
    }

    private sealed class NoSnapshots : IDatabaseTransfer
    {
        public Task<Error?> ObstacleAsync(CancellationToken ct) => Task.FromResult<Error?>(Domain.Backups.BackupErrors.NoSnapshots("music"));

        public Task CopyToAsync(string file, CancellationToken ct) => throw new NotSupportedException();

        public Task<string?> WhatIsThereAsync(CancellationToken ct) => throw new NotSupportedException();

        public Task PlaceAsync(BackupReader backup, CancellationToken ct) => throw new NotSupportedException();
    }
}
