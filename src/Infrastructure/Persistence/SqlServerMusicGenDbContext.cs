using System.Data;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>For production.</summary>
public sealed class SqlServerMusicGenDbContext(DbContextOptions<SqlServerMusicGenDbContext> options) : MusicGenDbContext(options)
{
    /// <summary>In T-SQL; every user of a database may ask. 1 is on.</summary>
    internal const string AskSnapshots = "SELECT snapshot_isolation_state AS Value FROM sys.databases WHERE database_id = DB_ID()";

    /// <summary>What whoever makes the database says to it.</summary>
    internal const string AllowSnapshots = "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON";

    // Text compares and sorts byte by byte, as in SQLite: a token's hash or a key id is another one in other letters.
    private const string Collation = "Latin1_General_100_BIN2";

    // With pauses that double up to half a minute, about a minute in all: then whoever asked is refused.
    private const int Retries = 6;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private const int DuplicateKeyRow = 2601;
    private const int ConstraintViolation = 2627;

    public override IsolationLevel OneMoment => IsolationLevel.Snapshot;

    internal override string AskTables => "SELECT name AS Value FROM sys.tables";

    /// <summary>A server takes 2,100, its own among them.</summary>
    internal override int ParametersAtOnce => 2000;

    /// <summary>How a context of this kind reaches its server; what fails in passing is tried again.</summary>
    public static void Configure(DbContextOptionsBuilder builder, string connectionString) =>
        builder.UseSqlServer(connectionString, server => server.EnableRetryOnFailure(Retries, LongestPause, errorNumbersToAdd: null)).LeaveFailuresToCallers();

    public override async Task<bool> GivesOneMomentAsync(CancellationToken ct) => await Database.SqlQueryRaw<byte>(AskSnapshots).SingleAsync(ct) == 1;

    protected override bool IsUniqueViolation(Exception cause) =>
        cause is SqlException { Number: DuplicateKeyRow or ConstraintViolation };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcConverter>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(type => type.GetProperties()))
        {
            if ((property.GetProviderClrType() ?? property.GetValueConverter()?.ProviderClrType ?? property.ClrType) == typeof(string)
                || property.ClrType == typeof(Domain.Identity.Email))
            {
                property.SetCollation(Collation);
            }
        }
    }
}
