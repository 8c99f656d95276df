using System.CommandLine;
using MusicGen.Infrastructure.Retention;

namespace MusicGen.WebApi.CommandLine;

/// <summary>What the recurring job does every hour, now.</summary>
internal static class RetentionCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables)
    {
        var run = new Command("run", "Remove what is kept no longer, and print what went.");
        run.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var lines = await host.UseAsync<RetentionRun, IReadOnlyList<RetentionLine>>(retention => retention.RunAsync(ct));
            foreach (var line in lines.Where(l => l.Problem is null))
                Console.WriteLine($"{line.Count} {line.What}");
            return Answer.Refuse([.. lines.Where(l => l.Problem is not null).Select(l => $"{l.What}: {l.Problem}")], lines.Any(l => l.Problem is not null) ? Answer.Failure : Answer.Done);
        }, ct));
        return new Command("retention", "Remove what is kept no longer, as the server does every hour.") { run };
    }
}
