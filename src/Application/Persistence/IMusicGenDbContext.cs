using Microsoft.EntityFrameworkCore;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;

namespace MusicGen.Application.Persistence;

/// <summary>The database as handlers see it. No repositories: see ADR 0002.</summary>
public interface IMusicGenDbContext
{
    DbSet<User> Users { get; }

    DbSet<AdminRoster> AdminRoster { get; }

    DbSet<Registration> Registrations { get; }

    DbSet<PasswordReset> PasswordResets { get; }

    DbSet<AuthenticatorApp> AuthenticatorApps { get; }

    DbSet<RecoveryCode> RecoveryCodes { get; }

    DbSet<Passkey> Passkeys { get; }

    DbSet<PersonalAccessToken> PersonalAccessTokens { get; }

    DbSet<SpentLegacyToken> SpentLegacyTokens { get; }

    DbSet<DataExport> DataExports { get; }

    DbSet<SigningKey> SigningKeys { get; }

    DbSet<Revocation> Revocations { get; }

    DbSet<Generation> Generations { get; }

    DbSet<GenerationBatch> Batches { get; }

    DbSet<AuditEntry> AuditEntries { get; }

    DbSet<AuditCheckpoint> AuditCheckpoints { get; }

    /// <exception cref="DbUpdateConcurrencyException">Somebody else changed the row first.</exception>
    /// <exception cref="UniqueValueTakenException">A unique value is taken.</exception>
    Task<int> SaveChangesAsync(CancellationToken ct);
}

/// <summary>A unique index refused a row, whichever database it is in.</summary>
public sealed class UniqueValueTakenException : Exception
{
    public UniqueValueTakenException()
    {
    }

    public UniqueValueTakenException(string message)
        : base(message)
    {
    }

    public UniqueValueTakenException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
