using System.CommandLine;
using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;
using Perfolizer.Mathematics.OutlierDetection;

namespace MusicGen.Programs.Kernels;

/// <summary>Times of the decoder's kernels by BenchmarkDotNet, in this process: nothing is built or fetched while it runs.</summary>
internal static class KernelsRun
{
    public static Command Command()
    {
        var kernels = new Option<string[]>("--kernels") { DefaultValueFactory = _ => [.. ProductBenchmarks.KernelNames], AllowMultipleArgumentsPerToken = true, Description = "avx512, avx2, portable." };
        var types = new Option<string[]>("--types") { DefaultValueFactory = _ => [.. ProductBenchmarks.Types], AllowMultipleArgumentsPerToken = true, Description = "Float32, BFloat16, Int8." };
        var rows = new Option<int[]>("--rows") { DefaultValueFactory = _ => [1, 2, 8, 16, 32], AllowMultipleArgumentsPerToken = true, Description = "Rows of the products, of these." };
        var command = new Command("kernels", "Products and attention of musicgen-small's layers, by type of the numbers and by the processor's instructions.") { kernels, types, rows };
        command.SetAction(r =>
        {
            var config = Configure(r.GetRequiredValue(kernels), r.GetRequiredValue(types), r.GetRequiredValue(rows));
            var bandwidths = new List<double> { Bandwidth.Measure() };
            var products = BenchmarkRunner.Run<ProductBenchmarks>(config);
            var attention = BenchmarkRunner.Run<AttentionBenchmarks>(config);
            bandwidths.Add(Bandwidth.Measure());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Memory is read at {bandwidths.Max() / 1e9:0.0} GB/s.\n"));
            var done = Print(products, "rows", "Shape", "Rows", (p, rows) => ProductBenchmarks.Cost((string)p["Shape"], (string)p["Type"], rows))
                && Print(attention, "places", null, "Places", (p, places) => AttentionBenchmarks.Cost((string)p["Type"], places));
            return done ? 0 : 1;
        });
        return command;
    }

    private static ManualConfig Configure(string[] kernels, string[] types, int[] rows) => ManualConfig.CreateEmpty()
        .AddLogger(NullLogger.Instance)
        .AddFilter(new SimpleFilter(c => kernels.Contains((string)c.Parameters["Kernels"], StringComparer.Ordinal)
            && types.Contains((string)c.Parameters["Type"], StringComparer.Ordinal)
            && (c.Parameters["Rows"] is not int count || rows.Contains(count))))
        // The kernels are optimised in every build.
        .WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.DisableOptimizationsValidator)
        .WithArtifactsPath(Path.GetTempPath())
        .AddJob(Job.Default
            .WithToolchain(InProcessNoEmitToolchain.Instance)
            .WithStrategy(RunStrategy.Throughput)
            // Many short ones: some of them fall between what else the machine does.
            .WithIterationTime(TimeInterval.FromMilliseconds(4))
            .WithUnrollFactor(1)
            .WithWarmupCount(3)
            .WithIterationCount(50)
            .WithEvaluateOverhead(false)
            .WithOutlierMode(OutlierMode.DontRemove));

    // One line for each kind of call, one column for each size of it.
    private static bool Print(Summary summary, string unit, string? kind, string size, Func<BenchmarkDotNet.Parameters.ParameterInstances, int, KernelCost> costOf)
    {
        if (summary.BenchmarksCases.IsEmpty)
            return true; // there are no caches of int8
        var sizes = summary.BenchmarksCases.Select(c => (int)c.Parameters[size]).Distinct().Order().ToList();
        Console.WriteLine($"| {(kind is null ? "attention" : "product")} | numbers | kernels | {string.Join(" | ", sizes.Select(s => $"{unit} {s}: µs, GB/s, GMAC/s"))} |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", sizes.Count + 3))}");
        var isWhole = true;
        foreach (var line in summary.BenchmarksCases.GroupBy(c => (Kind: kind is null ? "2 rows of 16 heads of 64" : (string)c.Parameters[kind], Type: (string)c.Parameters["Type"], Kernels: (string)c.Parameters["Kernels"])))
        {
            var cells = line.OrderBy(c => (int)c.Parameters[size]).Select(c =>
            {
                if (summary[c]?.ResultStatistics is not { } statistics)
                {
                    isWhole = false;
                    return "failed";
                }

                var cost = costOf(c.Parameters, (int)c.Parameters[size]);
                var nanoseconds = statistics.OriginalValues.Order().ElementAt(statistics.OriginalValues.Count / 10);
                return string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1000:0}, {cost.Bytes / nanoseconds:0.0}, {cost.Macs / nanoseconds:0}");
            });
            Console.WriteLine($"| {line.Key.Kind} | {line.Key.Type} | {line.Key.Kernels} | {string.Join(" | ", cells)} |");
        }

        Console.WriteLine();
        return isWhole;
    }
}
