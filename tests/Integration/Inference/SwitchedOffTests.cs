using System.Diagnostics;
using System.Text.RegularExpressions;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Integration.Inference;

/// <summary>A processor that lacks instructions, played by a process in which .NET leaves them unused.</summary>
[Collection(Reference.Torch)]
public sealed partial class SwitchedOffTests
{
    private const string Expected = "MUSICGEN_TEST_BEST_KERNELS";

    public SwitchedOffTests() => Reference.NeedTorch();

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "avx512", "avx2")]
    [InlineData("DOTNET_EnableAVX2", "avx2", "portable")]
    public async Task The_next_best_kernels_are_chosen_and_meet_the_reference(string variable, string lacking, string expected)
    {
        Assert.SkipWhen(KernelSelection.Named(lacking) is null, $"This processor has no {lacking} to switch off.");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(SwitchedOffTests).Assembly.Location);
        foreach (var method in new[]
        {
            $"{typeof(SwitchedOffTests).FullName}.{nameof(The_best_are_those_that_are_left)}",
            $"{typeof(ParityTests).FullName}.{nameof(ParityTests.The_decoder_gives_the_references_scores)}",
        })
        {
            start.ArgumentList.Add("-method");
            start.ArgumentList.Add(method);
        }

        start.ArgumentList.Add("-explicit");
        start.ArgumentList.Add("on");
        start.Environment[variable] = "0";
        start.Environment[Expected] = expected;

        using var child = Process.Start(start)!;
        var said = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        // The question itself, and every score with libtorch and with each of the kernels that are left.
        var left = KernelSelection.All.Count - KernelSelection.All.ToList().FindIndex(k => k.Name == expected);
        Assert.True(child.ExitCode == 0, said);
        Assert.Equal(1 + (ParityTests.Scores.Count / Reference.Decoders.Count * (1 + left)), int.Parse(Total().Match(said).Groups["count"].Value, provider: null));
    }

    [Fact(Explicit = true)]
    public void The_best_are_those_that_are_left() => Assert.Equal(Environment.GetEnvironmentVariable(Expected), KernelSelection.Best.Name);

    [GeneratedRegex(@"Total: (?<count>\d+), Errors: 0, Failed: 0, Skipped: 0", RegexOptions.ExplicitCapture)]
    private static partial Regex Total();
}
