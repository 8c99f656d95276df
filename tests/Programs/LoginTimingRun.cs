using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MusicGen.Programs;

/// <summary>
/// Whether a clock can tell an account from none: wrong passwords for known and for unknown addresses, one at a time in
/// random order, each account and each client address used once, so that no counter stands in the way.
/// </summary>
internal static class LoginTimingRun
{
    private const int WarmUp = 50;
    private const double AllowedDifference = 0.02;
    private const double AllowedProbability = 0.01;

    public static Command Command()
    {
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 1000, Description = "Logins of each kind." };
        var command = new Command("login-timing", "Logins of known and unknown accounts: medians and Mann-Whitney.") { count };
        command.SetAction(result => RunAsync(result.GetValue(count)));
        return command;
    }

    private static async Task<int> RunAsync(int count)
    {
        await using var cluster = await Cluster.StartAsync("garnet", ("RATE_LIMIT_REGISTER_MINUTE", "1000000"));
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        var node = cluster.Nodes[0].Address;
        var known = new List<string>();
        for (var i = 0; i < 2 * (count + WarmUp); i++)
        {
            using var account = await Account.RegisterAsync(node);
            known.Add(account.Email);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{known.Count} accounts made"));
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var emails = known.Skip(attempt * (count + WarmUp)).Take(count + WarmUp).ToList();
            if (await MeasureAsync(http, node, emails, attempt, count))
                return 0;
            Console.WriteLine(attempt == 0 ? "They differ; one repeat is allowed." : "They differ again.");
        }

        return 1;
    }

    private static async Task<bool> MeasureAsync(HttpClient http, Uri node, List<string> emails, int attempt, int count)
    {
        var guesser = new Guesser(http, node);
        await guesser.OpenAsync();
        var order = Enumerable.Range(0, 2 * emails.Count).Select(i => (IsKnown: i % 2 == 0, Number: i / 2)).ToArray();
        var warm = order.Take(2 * WarmUp).ToArray();
        var measured = order.Skip(2 * WarmUp).ToArray();
        Random.Shared.Shuffle(measured);

        var (ofKnown, ofUnknown) = (new List<double>(), new List<double>());
        foreach (var (login, i) in warm.Concat(measured).Select((l, i) => (l, i)))
        {
            var email = login.IsKnown ? emails[login.Number] : $"nobody{attempt}x{login.Number}@example.org";
            var start = Stopwatch.GetTimestamp();
            var status = await guesser.GuessAsync(email, "this is not the password", $"198.{18 + attempt}.{i / 250}.{(i % 250) + 1}");
            var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (status != HttpStatusCode.Unauthorized)
                throw new InvalidOperationException($"A wrong password was answered {status}: the run measures something else.");
            if (i >= warm.Length)
                (login.IsKnown ? ofKnown : ofUnknown).Add(took);
        }

        var (median, other) = (Median(ofKnown), Median(ofUnknown));
        var difference = Math.Abs(median - other) / other;
        var probability = MannWhitney.Probability(ofKnown, ofUnknown);
        var passes = difference <= AllowedDifference && probability >= AllowedProbability;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} logins each: known {median:0.00} ms, unknown {other:0.00} ms, medians {100 * difference:0.00} % apart; Mann-Whitney p = {probability:0.000}: {(passes ? "alike" : "apart")}"));
        return passes;
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
