using System.Diagnostics;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Programs;

/// <summary>Small versions of what tests/Programs measures by hand, so that the programs keep working.</summary>
[Collection(nameof(Alone))]
public sealed class ProgramsTests
{
    [Fact]
    public async Task The_measurement_reports_start_memory_and_requests()
    {
        var (code, output) = await RunAsync("measure", "--seconds", "1", "--clients", "4", "--rest", "0");

        Assert.True(code == 0, output);
        Assert.Matches(@"start to first answer, empty folder +\d+\.\d\d s", output);
        Assert.Matches(@"memory at rest \(resident\) +\d+ MiB", output);
        Assert.Matches(@"GET /api/auth/session, signed in +[1-9]\d* a second", output);
    }

    [Fact]
    public async Task One_round_of_crashes_loses_and_charges_nothing()
    {
        var (code, output) = await RunAsync("crash", "--rounds", "1", "--seconds", "20");

        Assert.True(code == 0, output);
        Assert.Contains("10 tasks ended", output, StringComparison.Ordinal);
        Assert.Contains(": equal", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var folder = AppContext.BaseDirectory.Replace(
            $"{Path.DirectorySeparatorChar}Integration{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}Programs{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        var info = new ProcessStartInfo("dotnet", [Path.Combine(folder, "MusicGen.Programs.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await error);
    }
}
