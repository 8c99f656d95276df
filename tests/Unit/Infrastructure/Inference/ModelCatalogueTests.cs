using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Unit.Infrastructure.Inference;

/// <summary>Folders of models that change, or vanish, while they are looked through.</summary>
public sealed class ModelCatalogueTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-catalogue-").FullName;
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_folder_that_is_away_is_a_model_with_a_fault_and_is_looked_at_again()
    {
        var path = Path.Combine(_folder, "acme");
        var catalogue = new ModelCatalogue(new InferenceOptions { Folder = path }, _time, NullLogger.Instance);
        Assert.Equal("Its files can't be read now.", Assert.Single(catalogue.Folders).Fault);

        MakeFolder(path);
        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Contains("config.json", Assert.Single(catalogue.Folders).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_come_and_go_meanwhile_break_no_look()
    {
        var path = Path.Combine(_folder, "acme");
        MakeFolder(path);
        var catalogue = new ModelCatalogue(new InferenceOptions { ModelPath = _folder }, _time, NullLogger.Instance);
        using var end = new CancellationTokenSource();
        var pulling = Task.Factory.StartNew(() => ComeAndGo(path, end.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        for (var look = 0; look < 300; look++)
        {
            _time.Advance(TimeSpan.FromSeconds(6));
            Assert.NotNull(Assert.Single(catalogue.Folders).Fault);
        }

        await end.CancelAsync();
        await pulling;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void MakeFolder(string path)
    {
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "config.json"), "{}");
        File.WriteAllText(Path.Combine(path, "model.safetensors"), "none");
    }

    private static void ComeAndGo(string path, CancellationToken end)
    {
        for (var round = 0; !end.IsCancellationRequested; round++)
        {
            var parts = Enumerable.Range(0, 50).Select(i => Path.Combine(path, $"{round}-{i}.part")).ToList();
            parts.ForEach(p => File.WriteAllText(p, "part"));
            parts.ForEach(File.Delete);
        }
    }
}
