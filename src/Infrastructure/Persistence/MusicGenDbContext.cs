using System.Data;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Infrastructure.Persistence;

/// <summary>The one model of both databases. What differs between them stands in the two sealed contexts.</summary>
public abstract class MusicGenDbContext(DbContextOptions options) : DbContext(options), IMusicGenDbContext
{
    public DbSet<User> Users => Set<User>();

    public DbSet<AdminRoster> AdminRoster => Set<AdminRoster>();

    public DbSet<Registration> Registrations => Set<Registration>();

    public DbSet<PasswordReset> PasswordResets => Set<PasswordReset>();

    public DbSet<AuthenticatorApp> AuthenticatorApps => Set<AuthenticatorApp>();

    public DbSet<RecoveryCode> RecoveryCodes => Set<RecoveryCode>();

    public DbSet<Passkey> Passkeys => Set<Passkey>();

    public DbSet<PersonalAccessToken> PersonalAccessTokens => Set<PersonalAccessToken>();

    public DbSet<SpentLegacyToken> SpentLegacyTokens => Set<SpentLegacyToken>();

    public DbSet<DataExport> DataExports => Set<DataExport>();

    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    public DbSet<Revocation> Revocations => Set<Revocation>();

    public DbSet<Generation> Generations => Set<Generation>();

    public DbSet<GenerationBatch> Batches => Set<GenerationBatch>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    public DbSet<AuditCheckpoint> AuditCheckpoints => Set<AuditCheckpoint>();

    /// <summary>The isolation in which everything that is read is of one moment, while others write.</summary>
    public abstract IsolationLevel OneMoment { get; }

    /// <summary>Asks the database for the names of its tables, each as <c>Value</c>.</summary>
    internal abstract string AskTables { get; }

    /// <summary>With how many parameters a statement is quickest, whose rows are many.</summary>
    internal abstract int ParametersAtOnce { get; }

    /// <summary>Whether this database gives <see cref="OneMoment"/>.</summary>
    public virtual Task<bool> GivesOneMomentAsync(CancellationToken ct) => Task.FromResult(true);

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        try
        {
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || (e.InnerException is { } cause && IsUniqueViolation(cause)))
        {
            if (await IsSavedAlreadyAsync(cancellationToken))
                return Accept(acceptAllChangesOnSuccess);
            if (e is DbUpdateConcurrencyException)
                throw;
            throw new UniqueValueTakenException("A unique value is taken.", e);
        }
    }

    /// <summary>Whether rows of that type have ids that were drawn for them alone: one that stands in the database already is the very row.</summary>
    internal static bool HasDrawnId(IReadOnlyEntityType type) =>
        type.FindPrimaryKey()?.Properties is [{ ClrType: var id } key] && !key.IsForeignKey()
        && (id == typeof(Guid) || id == typeof(UserId) || id == typeof(GenerationId));

    /// <summary>Whether the database refused a row because a unique value is taken.</summary>
    protected abstract bool IsUniqueViolation(Exception cause);

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(Assembly.GetExecutingAssembly());

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<UserId>().HaveConversion<UserIdConverter>();
        configurationBuilder.Properties<GenerationId>().HaveConversion<GenerationIdConverter>();
        configurationBuilder.Properties<Email>().HaveConversion<EmailConverter>().HaveMaxLength(Email.MaxLength);
    }

    // The answer to a commit may be lost, not the commit: what is then tried again meets its own rows. All of them went together,
    // so one tells.
    private async Task<bool> IsSavedAlreadyAsync(CancellationToken ct) =>
        ChangeTracker.Entries().FirstOrDefault(e => e.State == EntityState.Added && HasDrawnId(e.Metadata)) is { } added
        && await added.GetDatabaseValuesAsync(ct) is not null;

    private int Accept(bool acceptAllChanges)
    {
        var count = ChangeTracker.Entries().Count(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted);
        if (acceptAllChanges)
            ChangeTracker.AcceptAllChanges();
        return count;
    }
}
