using System.Diagnostics;
using System.Runtime.Versioning;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Inference;

/// <summary>The program on a machine where libtorch isn't there.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NativeLibraryTests : IDisposable
{
    private static readonly string Built = AppContext.BaseDirectory.TrimEnd('/');
    private readonly string _program = $"{Built}-without-{Guid.CreateVersion7():N}";
    private readonly ModelFolders _models = new();

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_program, recursive: true);
    }

    [Theory]
    [InlineData("libLibTorchSharp.so")]
    [InlineData("libtorch_cpu.so")]
    public async Task Everything_but_neural_models_runs_and_what_is_missing_is_said(string library)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The library has another name elsewhere.");
        using (var copy = Process.Start("cp", ["-rl", Built, _program]))
            await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        foreach (var file in Directory.EnumerateFiles(_program, library, SearchOption.AllDirectories))
            File.Delete(file);
        _models.Add("mono", "acme/mono");
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["MODEL_PATH"] = _models.Path, ["MUSICGEN_DATA"] = _models.Path };

        var composed = await ServerProcess.RunAsync(["generate", "x", "--seconds", "0.5", "--out", "a.wav"], variables, workingFolder: _models.Path, program: _program);
        var list = await ServerProcess.RunAsync(["models", "list"], variables, program: _program);
        var neural = await ServerProcess.RunAsync(["generate", "x", "--model", "acme/mono", "--out", "b.wav"], variables, workingFolder: "/tmp", program: _program);

        Assert.True(composed.ExitCode == 0, composed.Error);
        Assert.Contains("by embedded-composer", composed.Output, StringComparison.Ordinal);
        Assert.Contains("acme/mono\tnot offered\tunknown\tThis build has no libtorch for linux-", list.Output, StringComparison.Ordinal);
        Assert.Equal(1, neural.ExitCode);
        Assert.Contains("no libtorch", Assert.Single(neural.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }
}
