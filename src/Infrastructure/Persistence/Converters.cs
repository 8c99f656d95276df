using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Persistence;

internal sealed class UserIdConverter() : ValueConverter<UserId, Guid>(id => id.Value, value => new UserId(value));

internal sealed class GenerationIdConverter() : ValueConverter<GenerationId, Guid>(id => id.Value, value => new GenerationId(value));

internal sealed class EmailConverter() : ValueConverter<Email, string>(email => email.Value, text => Email.Normalise(text));

/// <summary>SQLite has no type for a moment and refuses to sort what it can't compare; ticks of UTC sort.</summary>
internal sealed class UtcTicksConverter()
    : ValueConverter<DateTimeOffset, long>(moment => moment.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

/// <summary>What comes back is UTC, whatever the offset of what went in.</summary>
internal sealed class UtcConverter()
    : ValueConverter<DateTimeOffset, DateTimeOffset>(moment => moment.ToUniversalTime(), moment => moment.ToUniversalTime());
