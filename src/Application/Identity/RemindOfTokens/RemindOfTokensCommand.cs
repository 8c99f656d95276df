using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.RemindOfTokens;

/// <summary>Reminds owners of personal access tokens that end in a week, and again in a day (ASVS 6.4.5), each once.</summary>
[AuditAction("identity.remind_of_tokens")]
public sealed record RemindOfTokensCommand : ICommand<TokensReminded>;

/// <param name="Tokens">Of how many their owners were reminded.</param>
public sealed record TokensReminded(int Tokens);

internal sealed class RemindOfTokensCommandHandler(IMusicGenDbContext db, AccountMails mails, TimeProvider time)
    : IRequestHandler<RemindOfTokensCommand, Result<TokensReminded>>
{
    public async Task<Result<TokensReminded>> Handle(RemindOfTokensCommand command, CancellationToken ct)
    {
        if (!mails.IsAvailable)
            return new TokensReminded(0);

        var reminded = 0;
        foreach (var days in (int[])[1, 7]) // whoever is told of the last day needs no word of the week
            reminded += await RemindAsync(days, ct);
        return new TokensReminded(reminded);
    }

    private async Task<int> RemindAsync(int days, CancellationToken ct)
    {
        var reminded = 0;
        var now = time.GetUtcNow();
        var end = now.AddDays(days);
        var due = await db.PersonalAccessTokens.AsNoTracking()
            .Where(t => t.ExpiresAt > now && t.ExpiresAt <= end && (t.RemindedOfDays == null || t.RemindedOfDays > days))
            .Join(db.Users.Where(u => !u.IsDisabled), t => t.UserId, u => u.Id, (t, u) => new { t.Id, t.Name, t.CreatedAt, t.ExpiresAt, u.Email })
            .ToListAsync(ct);

        // A token that was made for no longer than that needs no reminder of it.
        foreach (var owners in due.Where(t => t.ExpiresAt - t.CreatedAt > TimeSpan.FromDays(days)).GroupBy(t => t.Email))
        {
            var names = new List<string>();
            foreach (var token in owners)
            {
                // In one statement: of two nodes that look at once one sends the mail.
                if (await db.PersonalAccessTokens.Where(t => t.Id == token.Id && (t.RemindedOfDays == null || t.RemindedOfDays > days))
                    .ExecuteUpdateAsync(set => set.SetProperty(t => t.RemindedOfDays, days), ct) == 1)
                    names.Add(token.Name);
            }

            reminded += names.Count;
            if (names.Count > 0)
                await mails.SendTokensEndAsync(owners.Key, names, days, ct);
        }

        return reminded;
    }
}
