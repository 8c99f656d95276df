using System.CommandLine;

namespace MusicGen.Programs.Scans;

/// <summary>Scanners that others wrote, against the server as it runs in Production. docs/scans.md has the results.</summary>
internal static class ScanRun
{
    public static Command Command()
    {
        var what = new Argument<string>("what") { Description = "Which scan." };
        what.AcceptOnlyFromAmong("observatory", "csp", "wapiti", "across", "slow");
        var minutes = new Option<int>("--minutes") { DefaultValueFactory = _ => 10, Description = "wapiti: how long it may crawl as each user, and six times as long as each module attacks." };
        var who = new Option<string[]>("--who") { DefaultValueFactory = _ => ["nobody", "user", "admin"], AllowMultipleArgumentsPerToken = true, Description = "wapiti: whom it scans as." };
        who.AcceptOnlyFromAmong("nobody", "user", "admin");
        var connections = new Option<int>("--connections") { DefaultValueFactory = _ => 1000, Description = "slow: how many." };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "slow: how long each of the three lasts." };
        var command = new Command("scan", "Scanners against a server in Production settings with TLS on port 8443.") { what, minutes, who, connections, seconds };
        command.SetAction(async result =>
        {
            try
            {
                await using var server = await ScannedServer.StartAsync();
                using var reader = new ScanUser(server);
                var right = result.GetValue(what) switch
                {
                    "observatory" => await ObservatoryScan.RunAsync(server),
                    "csp" => await CspScan.RunAsync(reader),
                    "wapiti" => await WapitiScan.RunAsync(server, result.GetValue(minutes), result.GetValue(who)!),
                    "across" => await AcrossUsers.RunAsync(server),
                    _ => await SlowScan.RunAsync(server, result.GetValue(connections), result.GetValue(seconds)),
                };
                return right ? 0 : 1;
            }
            catch (ToolMissingException e)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }
}
