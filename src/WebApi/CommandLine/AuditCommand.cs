using System.CommandLine;
using System.Text.Json;
using MusicGen.Application.Auditing.SearchAuditTrail;
using MusicGen.Application.Auditing.VerifyAuditTrail;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Reads the audit trail and proves it whole.</summary>
internal static class AuditCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Wire = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create(IReadOnlyDictionary<string, string> variables) =>
        new("audit", "Verify, search and follow the audit trail.") { Verify(variables), Search(variables), Tail(variables) };

    private static Command Verify(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("verify", "Walk the whole trail and say whether it is as it was written.");
        command.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var verification = await host.SendAsync(new VerifyAuditTrailCommand(), ct);
            if (verification.Problem is { } problem)
                throw new CommandFailedException(verification.Broken is { } entry ? $"The trail is broken at entry {entry}: {problem}" : $"The trail is broken: {problem}");
            Console.WriteLine($"{verification.Entries} entries, whole");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command Search(IReadOnlyDictionary<string, string> variables)
    {
        var actor = new Option<string>("--actor") { Description = "A user's id, operator:NAME, system or anonymous." };
        var action = new Option<string>("--action") { Description = "As in identity.login, or the event's name, as in login_failed." };
        var outcome = new Option<string>("--outcome") { Description = "attempted, succeeded, denied or failed." };
        var since = new Option<DateTimeOffset?>("--since") { Description = "A time, as in 2026-01-31T12:00Z." };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => SearchAuditTrailQuery.DefaultLimit };
        var command = new Command("search", "Print entries as JSON lines, the latest first.") { actor, action, outcome, since, limit };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var page = await host.SendAsync(new SearchAuditTrailQuery
            {
                Actor = parsed.GetValue(actor),
                Action = parsed.GetValue(action),
                Outcome = parsed.GetValue(outcome),
                Since = parsed.GetValue(since),
                Limit = parsed.GetValue(limit),
            }, ct);
            foreach (var entry in page.Items)
                Show(entry);
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command Tail(IReadOnlyDictionary<string, string> variables)
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Then print each new one, until interrupted." };
        var command = new Command("tail", "Print the last twenty entries as JSON lines, the latest last.") { follow };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var last = 0L;
            while (true)
            {
                var page = await host.SendAsync(new SearchAuditTrailQuery { Limit = last == 0 ? 20 : SearchAuditTrailQuery.MaxLimit }, ct);
                foreach (var entry in page.Items.Where(e => e.Sequence > last).Reverse())
                {
                    Show(entry);
                    last = entry.Sequence;
                }

                if (!parsed.GetValue(follow))
                    return Answer.Done;
                await Task.Delay(Pause, TimeProvider.System, ct);
            }
        }, ct));
        return command;
    }

    private static void Show(AuditEntryView entry) => Console.WriteLine(JsonSerializer.Serialize(entry, Wire));
}
