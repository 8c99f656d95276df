using System.Globalization;
using MediatR;
using Microsoft.Extensions.Options;
using MusicGen.Application.Auditing.TrimAuditTrail;
using MusicGen.Application.Generations.PurgeMusic;
using MusicGen.Application.Identity.PurgeExpired;
using MusicGen.Domain;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Infrastructure.Retention;

/// <summary>
/// Removes what is kept no longer, a command for each module. Several nodes may do it at once: each removes what is
/// still there.
/// </summary>
public sealed class RetentionRun
{
    private const string SoundLeft = "tasks' sound without a task";

    private readonly ISender _sender;
    private readonly AccountSweep _sweep;
    private readonly MailFolder _mail;
    private readonly RetentionOptions _options;
    private readonly TimeProvider _time;

    internal RetentionRun(ISender sender, AccountSweep sweep, MailFolder mail, IOptions<RetentionOptions> options, TimeProvider time) =>
        (_sender, _sweep, _mail, _options, _time) = (sender, sweep, mail, options.Value, time);

    /// <returns>What went, a line for each kind; a kind that couldn't be removed says why.</returns>
    public async Task<IReadOnlyList<RetentionLine>> RunAsync(CancellationToken ct)
    {
        var lines = new List<RetentionLine> { new("deletions ended", await _sweep.FinishDeletionsAsync(ct)) };
        Add(lines, "accounts", await _sender.Send(new PurgeExpiredCommand(), ct), p =>
        [
            new("registrations", p.Registrations), new("reset links", p.ResetLinks), new("legacy tokens", p.LegacyTokens),
            new("personal access tokens", p.Tokens), new("revocations", p.Revocations), new("exports", p.Exports),
            new("export files without an export", p.LeftExports),
        ]);
        Add(lines, "music", await _sender.Send(new PurgeMusicCommand(Before(_options.AudioDays), _time.GetUtcNow().AddDays(-_options.EncodedAudioDays)), ct), p =>
        [
            new("tasks", p.Tasks), new("audio files", p.AudioFiles), new("audio bytes", p.AudioBytes), new("encoded copies", p.Copies),
            new(SoundLeft, p.Left, p.Foreign == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{p.Foreign} of them, more than there are tasks. Is the database another one, or the store another service's? They stay until that is mended.")),
        ]);
        if (Before(_options.MailDays) is { } mailBefore)
            lines.Add(new RetentionLine("mail files", _mail.DeleteOlder(mailBefore)));
        if (Before(_options.AuditDays) is { } auditBefore)
            Add(lines, "audit entries", await _sender.Send(new TrimAuditTrailCommand(auditBefore), ct), t => [new("audit entries", t is null ? 0 : t.Last - t.First + 1)]);
        return lines;
    }

    private static void Add<T>(List<RetentionLine> lines, string what, Result<T> result, Func<T, RetentionLine[]> describe)
    {
        if (result.IsSuccess)
            lines.AddRange(describe(result.Value));
        else
            lines.Add(new RetentionLine(what, 0, result.Error.Message));
    }

    private DateTimeOffset? Before(int days) => days == 0 ? null : _time.GetUtcNow().AddDays(-days);
}

/// <param name="What">As in <c>audio files</c>.</param>
/// <param name="Count">How many went.</param>
/// <param name="Problem">Why they could not go; null when all is well.</param>
public sealed record RetentionLine(string What, long Count, string? Problem = null);
