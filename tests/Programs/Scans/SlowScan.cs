using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace MusicGen.Programs.Scans;

/// <summary>slowhttptest: slow headers, slow bodies, slow readers. The others must be served all the while.</summary>
internal static partial class SlowScan
{
    /// <summary>Not the attacker's own address, whose connections the server counts.</summary>
    private static readonly IPAddress Neighbour = IPAddress.Parse("127.0.0.2");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5); // what a person bears, on a machine that runs both

    public static async Task<bool> RunAsync(ScannedServer server, int connections, int seconds)
    {
        var tool = Tool.Need("slowhttptest", "apt-get install slowhttptest");
        var right = true;
        foreach (var (name, mode) in new (string, string[])[]
        {
            ("slow headers", ["-H", "-i", "5", "-x", "24", "-u", $"{ScannedServer.Address}"]),
            ("slow bodies", ["-B", "-i", "5", "-s", "8192", "-x", "10", "-t", "POST", "-u", $"{ScannedServer.Address}api/auth/login"]),
            ("slow readers", ["-X", "-w", "1", "-y", "8", "-n", "5", "-z", "4", "-k", "3", "-u", $"{ScannedServer.Address}openapi/v1.json"]),
        })
        {
            right &= await AttackAsync(server, tool, name, [.. mode, "-c", $"{connections}", "-r", "100", "-l", $"{seconds}", "-p", "5", "-v", "1"], seconds);
        }

        return right;
    }

    private static async Task<bool> AttackAsync(ScannedServer server, string tool, string name, string[] arguments, int seconds)
    {
        var attack = Tool.RunAsync(tool, Path.GetTempPath(), new Dictionary<string, string>(), TimeSpan.FromSeconds(seconds + 60), arguments);
        var (served, failed, slowest) = (0, 0, TimeSpan.Zero);
        while (!attack.IsCompleted)
        {
            using var other = new ScanUser(server, Neighbour); // a connection of its own each time: that is what such an attack takes away
            var start = Stopwatch.GetTimestamp();
            try
            {
                using var answer = await other.SendAsync(HttpMethod.Get, "/api/v1/models").WaitAsync(Patience);
                if (answer.IsSuccessStatusCode)
                    served++;
                else
                    failed++;
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException)
            {
                failed++;
            }

            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
            await Task.Delay(250);
        }

        var (_, output) = await attack;
        var words = Colours().Replace(output, string.Empty).Split('\n').Select(l => l.Trim()).ToList();
        var last = new[] { "connected:", "error:", "closed:", "Exit status:" }.Select(word => words.FindLast(l => l.StartsWith(word, StringComparison.Ordinal))).OfType<string>();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: others were served {served} times, not {failed} times; slowest {slowest.TotalSeconds:0.00} s; {string.Join(", ", last)}"));
        return failed == 0 && served > 0;
    }

    [GeneratedRegex(@"\x1b\[[0-9;]*[A-Za-z]", RegexOptions.None, 1000)]
    private static partial Regex Colours();
}
