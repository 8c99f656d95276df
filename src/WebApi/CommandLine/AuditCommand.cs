using System.CommandLine;
using System.Text.Json;
using MusicGen.Application.Auditing.AdoptAuditTrail;
using MusicGen.Application.Auditing.SearchAuditTrail;
using MusicGen.Application.Auditing.TrimAuditTrail;
using MusicGen.Application.Auditing.VerifyAuditTrail;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Reads the audit trail and proves it whole.</summary>
internal static class AuditCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Wire = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create(IReadOnlyDictionary<string, string> variables) =>
        new("audit", "Verify, search, follow, trim and adopt the audit trail.") { Verify(variables), Search(variables), Tail(variables), Trim(variables), Adopt(variables) };

    private static Command Verify(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("verify", "Walk the whole trail and say whether it is as it was written.");
        command.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var verification = await host.SendAsync(new VerifyAuditTrailCommand(), ct);
            if (verification.Problem is { } problem)
                throw new CommandFailedException(verification.Broken is { } entry ? $"The trail is broken at entry {entry}: {problem}" : $"The trail is broken: {problem}");
            Console.WriteLine(verification.FirstEntry is > 1 and var first
                ? $"{verification.Entries} entries from {first} on, whole; retention removed those before"
                : $"{verification.Entries} entries, whole");
            if (verification.MissingOutcomes is { } missing)
                Console.WriteLine($"{missing.Count} attempts have no outcome, the first at entry {missing.First}: the server died or couldn't write in between");
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
        var until = new Option<DateTimeOffset?>("--until") { Description = "Entries before that time." };
        var subject = new Option<string>("--subject") { Description = "As in session:ID or user:ID." };
        var address = new Option<string>("--address") { Description = "A client address." };
        var email = new Option<string>("--email") { Description = "An e-mail address; it is found by its keyed hash." };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => SearchAuditTrailQuery.DefaultLimit };
        var command = new Command("search", "Print entries as JSON lines, the latest first.") { actor, action, outcome, since, until, subject, address, email, limit };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var page = await host.SendAsync(new SearchAuditTrailQuery
            {
                Actor = parsed.GetValue(actor),
                Action = parsed.GetValue(action),
                Outcome = parsed.GetValue(outcome),
                Since = parsed.GetValue(since),
                Until = parsed.GetValue(until),
                Subject = parsed.GetValue(subject),
                Address = parsed.GetValue(address),
                Email = parsed.GetValue(email),
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

    private static Command Trim(IReadOnlyDictionary<string, string> variables)
    {
        var before = new Option<DateTimeOffset>("--before") { Required = true, Description = "A time, as in 2026-01-31T00:00Z." };
        var command = new Command("trim", "Remove the entries before a time, up to a signed beginning of the rest.") { before };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var trimmed = await host.SendAsync(new TrimAuditTrailCommand(parsed.GetValue(before)), ct);
            Console.WriteLine(trimmed is null ? "nothing to remove" : $"entries {trimmed.First} to {trimmed.Last} removed");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command Adopt(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("adopt", "Vouch for the trail as it is, where its signed heads were lost.");
        command.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var adopted = await host.SendAsync(new AdoptAuditTrailCommand(), ct);
            Console.WriteLine(adopted.Last is { } last ? $"the heads vouch for entry {last} and all before it" : "the trail is empty");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static void Show(AuditEntryView entry) => Console.WriteLine(JsonSerializer.Serialize(entry, Wire));
}
