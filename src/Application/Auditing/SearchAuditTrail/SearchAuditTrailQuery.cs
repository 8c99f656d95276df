using System.Globalization;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Auditing.SearchAuditTrail;

/// <summary>Entries of the trail, the latest first; what is null isn't asked for.</summary>
public sealed record SearchAuditTrailQuery : IQuery<AuditPage>
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <summary>As entries name them: a user's id, <c>operator:NAME</c>, <c>system</c>, <c>anonymous</c>.</summary>
    public string? Actor { get; init; }

    /// <summary>Our name of the command or the original's of the event.</summary>
    public string? Action { get; init; }

    /// <summary>attempted, succeeded, denied or failed.</summary>
    public string? Outcome { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>Entries before that moment.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Exactly, as in <c>session:ID</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>The client's address, exactly.</summary>
    public string? Address { get; init; }

    /// <summary>An e-mail address; the trail holds only its keyed hash, by which it is found.</summary>
    public string? Email { get; init; }

    /// <summary>1 to 200.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>From the page before; null for the first.</summary>
    public string? Cursor { get; init; }

    public override string ToString() => nameof(SearchAuditTrailQuery); // keeps the address out of every log
}

/// <param name="Items">At most the limit.</param>
/// <param name="NextCursor">For the next page; null on the last.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntryView> Items, string? NextCursor);

/// <summary>An entry as the wire shows it.</summary>
public sealed record AuditEntryView(
    long Sequence, DateTimeOffset At, string Correlation, string Actor, string Action, string? Event, string? Subject,
    string Outcome, string? Reason, string? Proof, string? Address, string? EmailHash, string? TraceId)
{
    public static AuditEntryView Of(AuditEntry e) => new(
        e.Sequence, e.At, e.Correlation.ToString("D", CultureInfo.InvariantCulture), e.Actor, e.Action, e.Event, e.Subject,
        e.Outcome.ToString().ToLowerInvariant(), e.Reason, e.Proof, e.Address, e.EmailHash, e.TraceId);
}

internal sealed class SearchAuditTrailQueryValidator : AbstractValidator<SearchAuditTrailQuery>
{
    public SearchAuditTrailQueryValidator()
    {
        RuleFor(q => q.Actor).MaximumLength(128);
        RuleFor(q => q.Action).MaximumLength(64);
        RuleFor(q => q.Outcome).Must(o => o is null || SearchAuditTrailQueryHandler.TryParse(o, out _)).WithMessage("Choose attempted, succeeded, denied or failed.");
        RuleFor(q => q.Subject).MaximumLength(256);
        RuleFor(q => q.Address).MaximumLength(64);
        RuleFor(q => q.Email).MaximumLength(Email.MaxLength);
        RuleFor(q => q.Limit).InclusiveBetween(1, SearchAuditTrailQuery.MaxLimit);
        RuleFor(q => q.Cursor).Must(c => c is null || long.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out _)).WithMessage("This is no cursor of ours.");
    }
}

internal sealed class SearchAuditTrailQueryHandler(IMusicGenDbContext db, IAuditTrail trail) : IRequestHandler<SearchAuditTrailQuery, Result<AuditPage>>
{
    public async Task<Result<AuditPage>> Handle(SearchAuditTrailQuery query, CancellationToken ct)
    {
        var entries = db.AuditEntries.AsNoTracking();
        if (query.Actor is { } actor)
            entries = entries.Where(e => e.Actor == actor);
        if (query.Action is { } action)
            entries = entries.Where(e => e.Action == action || e.Event == action);
        if (query.Outcome is { } name && TryParse(name, out var outcome))
            entries = entries.Where(e => e.Outcome == outcome);
        if (query.Since is { } since)
            entries = entries.Where(e => e.At >= since);
        if (query.Until is { } until)
            entries = entries.Where(e => e.At < until);
        if (query.Subject is { } subject)
            entries = entries.Where(e => e.Subject == subject);
        if (query.Address is { } address)
            entries = entries.Where(e => e.Address == address);
        if (query.Email is { } email && trail.HashEmail(email) is var hash)
            entries = entries.Where(e => e.EmailHash == hash);
        if (long.TryParse(query.Cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var before))
            entries = entries.Where(e => e.Sequence < before);

        var found = await entries.OrderByDescending(e => e.Sequence).Take(query.Limit + 1).ToListAsync(ct);
        var page = found.Take(query.Limit).ToList();
        var next = found.Count > query.Limit ? page[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
        return new AuditPage([.. page.Select(AuditEntryView.Of)], next);
    }

    internal static bool TryParse(string text, out AuditOutcome outcome) =>
        Enum.TryParse(text, ignoreCase: true, out outcome) && Enum.IsDefined(outcome) && !char.IsAsciiDigit(text[0]);
}
