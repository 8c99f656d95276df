using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Infrastructure.Persistence;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Persistence;

/// <summary>Two versions of the program on one database: an upgrade under way, and a step back.</summary>
public sealed class OlderAndNewerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Migrations that ran before any release: nobody is on the version before them.</summary>
    private static readonly string[] BeforeTheFirstRelease = ["InitialCreate", "Accounts"];

    public static TheoryData<string> Providers { get; } = ["Sqlite", "SqlServer"];

    [Fact]
    public async Task The_previous_version_writes_reads_and_changes_every_row_after_the_last_migration()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var connection = await database.InAsync(db => Task.FromResult(db.Database.GetConnectionString()!));
        var builder = new DbContextOptionsBuilder<DbContext>();
        SqliteMusicGenDbContext.Configure(builder, connection);
        var model = await database.InAsync(db => Task.FromResult(PreviousModel(db)));
        var types = model.GetEntityTypes().Where(t => t.GetTableName() is not null).ToList();
        Assert.True(types.Count >= 10, "The previous model has too few tables.");

        await using (var previous = new DbContext(builder.UseModel(model).Options))
        {
            foreach (var type in types)
                previous.Set<Dictionary<string, object?>>(type.Name).Add(RowOf(type));
            await previous.SaveChangesAsync(Ct);
        }

        await using var again = new DbContext(builder.Options);
        foreach (var type in types)
        {
            var row = (await again.Set<Dictionary<string, object?>>(type.Name).ToListAsync(Ct))[^1];
            foreach (var property in type.GetProperties().Where(p => !p.IsKey() && !p.IsForeignKey()))
                again.Entry(row).Property(property.Name).IsModified = true;
        }

        Assert.True(await again.SaveChangesAsync(Ct) >= types.Count(t => t.GetProperties().Any(p => !p.IsKey() && !p.IsForeignKey())));
    }

    [Theory, MemberData(nameof(Providers))]
    public void A_migration_takes_nothing_away_unless_its_name_says_so(string provider)
    {
        using MusicGenDbContext db = provider == "Sqlite" ? new SqliteDesignTimeFactory().CreateDbContext([]) : new SqlServerDesignTimeFactory().CreateDbContext([]);
        var migrations = Migrations(db).Where(m => !BeforeTheFirstRelease.Any(n => m.Id.EndsWith("_" + n, StringComparison.Ordinal))).ToList();

        Assert.NotEmpty(migrations);
        foreach (var (id, migration) in migrations.Where(m => !MigrationPlan.IsContract(m.Id)))
        {
            var made = migration.UpOperations.OfType<CreateTableOperation>().Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
            Assert.All(migration.UpOperations, o => Assert.True(Expands(o, made), $"{id}: {o.GetType().Name} stops the previous version. Put it into a migration named Contract…"));
        }
    }

    [Fact]
    public void What_stops_the_previous_version_is_told_apart()
    {
        var made = new HashSet<string>(StringComparer.Ordinal) { "Made" };
        var column = new AddColumnOperation { Table = "Users", Name = "Title", ClrType = typeof(string), IsNullable = false };

        Assert.All(
            new MigrationOperation[]
            {
                new DropColumnOperation(), new DropTableOperation(), new RenameColumnOperation(), new AlterColumnOperation(), column,
                new CreateIndexOperation { Table = "Users", IsUnique = true }, new AddForeignKeyOperation { Table = "Users" }, new SqlOperation(),
            },
            o => Assert.False(Expands(o, made), o.GetType().Name));
        column.DefaultValue = string.Empty;
        Assert.True(Expands(column, made));
        Assert.True(Expands(new CreateIndexOperation { Table = "Made", IsUnique = true }, made));
    }

    [Fact]
    public async Task A_database_that_was_expanded_serves_an_older_program_and_one_that_was_contracted_refuses_it()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var older = database.Node().GetRequiredService<DatabaseInitializer>();
        await database.InAsync(db => db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Covers', '10.0.0')", Ct));

        await older.MigrateAsync(Ct);

        await database.InAsync(db => db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990102000000_ContractUsers', '10.0.0')", Ct));
        var refused = await Assert.ThrowsAsync<DatabaseNewerException>(() => older.MigrateAsync(Ct));
        Assert.Contains("29990102000000_ContractUsers", Assert.Single(StartFailure.Describe(refused)!), StringComparison.Ordinal);
        Assert.Contains("Start that version, or restore the backup", refused.Message, StringComparison.Ordinal);
    }

    private static IModel PreviousModel(MusicGenDbContext db)
    {
        // What a version that brings only contractions runs against is the one before them; they run a version later.
        var known = Migrations(db).ToList();
        var last = MigrationPlan.Expanded([.. known.Select(m => m.Id)]) - 1;
        return db.GetService<IModelRuntimeInitializer>().Initialize((IModel)((IMutableModel)known[last - 1].Migration.TargetModel).FinalizeModel(), designTime: false);
    }

    private static IEnumerable<(string Id, Migration Migration)> Migrations(MusicGenDbContext db)
    {
        var assembly = db.GetService<IMigrationsAssembly>();
        return assembly.Migrations.Select(m => (m.Key, assembly.CreateMigration(m.Value, db.Database.ProviderName!)));
    }

    // One value for each kind, so that what refers to something finds it.
    private static Dictionary<string, object?> RowOf(IEntityType type) => type.GetProperties().ToDictionary(p => p.Name, ValueOf, StringComparer.Ordinal);

    private static object? ValueOf(IProperty property) => (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) switch
    {
        var t when t == typeof(string) => "x",
        var t when t == typeof(byte[]) => new byte[] { 1 },
        var t when t == typeof(Guid) => new Guid("0190a000-0000-7000-8000-000000000000"),
        var t => Convert.ChangeType(7, t, System.Globalization.CultureInfo.InvariantCulture),
    };

    private static bool Expands(MigrationOperation operation, HashSet<string> made) => operation switch
    {
        CreateTableOperation or InsertDataOperation or DropIndexOperation => true,
        AddColumnOperation add => made.Contains(add.Table) || add.IsNullable || add.DefaultValue is not null || add.DefaultValueSql is not null,
        CreateIndexOperation index => made.Contains(index.Table) || !index.IsUnique,
        AddForeignKeyOperation key => made.Contains(key.Table),
        _ => false,
    };
}
