using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Inference;

/// <summary>A song on its way through the inference thread.</summary>
internal sealed class SongJob(string model, string folder, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
{
    public string Model { get; } = model;

    public string Folder { get; } = folder;

    public SongRequest Request { get; } = request;

    public IProgress<StepsDone> Progress { get; } = progress;

    public int FurtherSteps { get; } = furtherSteps;

    public CancellationToken Ct { get; } = ct;

    public TaskCompletionSource<Song> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SongWork? Work { get; set; }

    /// <summary>Of its cache.</summary>
    public long Bytes { get; set; }
}
