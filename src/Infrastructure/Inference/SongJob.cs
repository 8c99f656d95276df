using System.Diagnostics;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference;

/// <summary>A song on its way through an inference thread.</summary>
internal sealed class SongJob(ModelFolder folder, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
{
    /// <summary>The model's id.</summary>
    public string Model => folder.Id;

    public ModelFolder Folder => folder;

    public SongRequest Request { get; } = request;

    public IProgress<StepsDone> Progress { get; } = progress;

    public int FurtherSteps { get; } = furtherSteps;

    public CancellationToken Ct { get; } = ct;

    /// <summary>The caller's span, under which the thread's are put; null where nobody traces.</summary>
    public Activity? Caller { get; } = Activity.Current;

    /// <summary>From its arrival until there is room for it.</summary>
    public Activity? Waiting { get; } = Telemetry.StartApart("engine.wait");

    public TaskCompletionSource<Song> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes of its model's weights.</summary>
    public required long ModelBytes { get; init; }

    /// <summary>Bytes of its cache.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>Whether its model was there for it: before that, another device may make it as well.</summary>
    public bool HadModel { get; set; }

    public SongWork? Work { get; set; }
}
