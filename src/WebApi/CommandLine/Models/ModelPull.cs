using System.Net;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.WebApi.CommandLine.Models;

/// <summary>Brings a model's files into a folder: resumes where an earlier pull stopped, and believes no file that it hasn't checked.</summary>
internal sealed class ModelPull(ModelHub hub, string folder)
{
    private const int Block = 1024 * 1024;

    // Weights in formats that run code when read, or that this product has no use for.
    private static readonly string[] Unwanted = [".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".tflite", ".wav", ".mp3", ".png", ".jpg"];

    /// <summary>The files worth pulling.</summary>
    /// <exception cref="CommandFailedException">There are no safetensors, or a path leads out of the folder.</exception>
    public static IReadOnlyList<HubFile> Choose(HubRepository repository)
    {
        var files = repository.Files
            .Where(f => !Unwanted.Contains(Path.GetExtension(f.Path), StringComparer.OrdinalIgnoreCase) && !Path.GetFileName(f.Path).StartsWith('.'))
            .ToList();
        if (!files.Exists(f => f.Path.EndsWith(".safetensors", StringComparison.Ordinal)))
            throw new CommandFailedException("This model has no weights in the safetensors format.");
        return files.Find(f => Path.IsPathRooted(f.Path) || f.Path.Contains('\\', StringComparison.Ordinal) || f.Path.Split('/').Contains("..", StringComparer.Ordinal)) is { } outside
            ? throw new CommandFailedException($"The hub names a file outside the model's folder: {outside.Path}")
            : files;
    }

    /// <summary>Pulls and leaves a manifest.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="repository">As the hub described it.</param>
    /// <param name="acceptedAt">When the licence was accepted.</param>
    /// <param name="progress">Hears of kibibytes.</param>
    /// <param name="ct">Stops; what is there is resumed next time.</param>
    /// <exception cref="CommandFailedException">A file isn't what the hub said, or the connection broke.</exception>
    public async Task RunAsync(string id, HubRepository repository, DateTimeOffset acceptedAt, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var files = Choose(repository);
        var total = (int)(files.Sum(f => f.Size) / 1024);
        var entries = new List<ModelManifest.Entry>();
        var before = 0L;
        foreach (var file in files)
        {
            var start = before;
            var hash = await PullAsync(id, repository.Commit, file, done => progress.Report(new StepsDone((int)((start + done) / 1024), total)), ct);
            entries.Add(new ModelManifest.Entry(file.Path, file.Size, hash));
            before += file.Size;
        }

        await new ModelManifest(id, repository.Commit, repository.Licence, entries, acceptedAt).WriteAsync(folder, ct);
    }

    private async Task<string> PullAsync(string id, string commit, HubFile file, Action<long> progress, CancellationToken ct)
    {
        var target = Path.Combine(folder, file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (File.Exists(target) && new FileInfo(target).Length == file.Size && file.Sha256 is not null
            && await ModelManifest.HashAsync(target, ct) == file.Sha256)
        {
            progress(file.Size);
            return file.Sha256;
        }

        // The commit is part of the name: the rest of another revision is no beginning of this one.
        var part = $"{target}.{commit[..Math.Min(12, commit.Length)]}.part";
        await FetchAsync(id, commit, file, part, progress, ct);
        var size = new FileInfo(part).Length;
        var hash = await ModelManifest.HashAsync(part, ct);
        if (size != file.Size || (file.Sha256 is { } expected && hash != expected))
        {
            File.Delete(part);
            throw new CommandFailedException($"{file.Path}: what came isn't what the hub announced ({(size == file.Size ? "its SHA-256 is another" : $"{size} bytes instead of {file.Size}")}). Pull again.");
        }

        File.Move(part, target, overwrite: true);
        return hash;
    }

    private async Task FetchAsync(string id, string commit, HubFile file, string part, Action<long> progress, CancellationToken ct)
    {
        var have = File.Exists(part) ? new FileInfo(part).Length : 0;
        if (have > file.Size)
            have = 0;
        if (have == file.Size && have > 0)
            return;

        using var answer = await hub.OpenAsync(id, commit, file.Path, have, ct);
        var resumes = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == have;
        if (!resumes)
            have = 0; // the hub sends the whole file
        try
        {
            await using var stream = new FileStream(part, resumes ? FileMode.Append : FileMode.Create, FileAccess.Write);
            await using var source = await answer.Content.ReadAsStreamAsync(ct);
            var block = new byte[Block];
            for (int read; (read = await source.ReadAsync(block, ct)) > 0;)
            {
                await stream.WriteAsync(block.AsMemory(0, read), ct);
                have += read;
                if (have > file.Size)
                    break; // more than announced: the check refuses it, the disk needn't hold it
                progress(have);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CommandFailedException($"{file.Path}: the connection broke ({e.Message}). Pull again to resume.", e);
        }
    }
}
