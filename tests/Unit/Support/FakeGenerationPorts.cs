using System.Runtime.CompilerServices;
using System.Text;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Unit.Support;

/// <summary>Queue, leases, progress, engine and files of a task, in memory.</summary>
internal sealed class FakeGenerationPorts : IGenerationQueue, IGenerationLeases, IGenerationProgress, IMusicGenerator, IAudioStore, IScoreWriter, IWorkingNode
{
    public const int EngineVersion = 7;

    public List<GenerationId> Enqueued { get; } = [];

    public List<GenerationId> Revoked { get; } = [];

    public List<GenerationId> Deleted { get; } = [];

    public DateTimeOffset? CopiesBefore { get; private set; }

    /// <summary>Tasks whose starts were taken out of their queue.</summary>
    public List<GenerationId> Removed { get; } = [];

    public int MaxWaiting { get; set; } = 500;

    /// <summary>Faults that this node would leave to others.</summary>
    public HashSet<NodeFault> LeftAfter { get; } = [];

    /// <summary>Whether it leaves every task to others.</summary>
    public bool LeavesAll { get; set; }

    /// <summary>What making the music gives.</summary>
    public Func<MusicRequest, Task<AudioClip>> Make { get; set; } = _ => throw new NotSupportedException();

    /// <summary>What keeping it runs into, by the number of the try.</summary>
    public Func<int, Exception?> SaveFault { get; set; } = _ => null;

    /// <summary>Tries to keep a clip.</summary>
    public int Saves { get; private set; }

    public StepsDone? Steps { get; set; }

    public IReadOnlyList<MusicModel> Models { get; set; } =
        [new("composer", "embedded-composer", Neural: false, [44100, 32000], 2, 300, "MIT", Loaded: true, ["genre", "mood", "tempo", "key", "instruments", "normalize"]) { EngineVersion = EngineVersion }];

    public bool Leaves(Generation task) => LeavesAll;

    public bool TryLeave(Generation task, NodeFault fault, string problem) => LeftAfter.Contains(fault);

    public void HandToEngine(GenerationId id)
    {
    }

    public Task<long> CountAsync(Tier tier, string model, CancellationToken ct) => Task.FromResult((long)Enqueued.Count);

    /// <summary>Whether the queue takes what comes and never answers, as while Redis hangs.</summary>
    public bool QueueHangs { get; set; }

    public Task EnqueueAsync(Generation task, CancellationToken ct)
    {
        Enqueued.Add(task.Id);
        return AnswerAsync(ct);
    }

    public Task RemoveAsync(GenerationId id, CancellationToken ct)
    {
        Removed.Add(id);
        return AnswerAsync(ct);
    }

    private Task AnswerAsync(CancellationToken ct) => QueueHangs ? Task.Delay(Timeout.InfiniteTimeSpan, ct) : Task.CompletedTask;

    /// <summary>What somebody holds.</summary>
    public HashSet<GenerationId> Held { get; } = [];

    public Task<IGenerationLease?> TryAcquireAsync(GenerationId id, CancellationToken ct) =>
        Task.FromResult<IGenerationLease?>(Held.Add(id) ? new Lease(this, id) : null);

    public Task<bool> IsHeldAsync(GenerationId id, CancellationToken ct) => Task.FromResult(Held.Contains(id));

    public Task RevokeAsync(GenerationId id, CancellationToken ct)
    {
        Revoked.Add(id);
        return Task.CompletedTask;
    }

    public Task<StepsDone?> GetAsync(GenerationId id, CancellationToken ct) => Task.FromResult(Steps);

    public Task AnnounceAsync(GenerationId id, CancellationToken ct) => Task.CompletedTask;

    // Every message is lost: what a watcher sees, it finds by looking.
    public async IAsyncEnumerable<StepsDone?> WatchAsync(GenerationId id, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        yield break;
    }

    public MusicModel? Find(string? id) => id is null ? Models[0] : Models.SingleOrDefault(m => m.Id == id);

    public Task<AudioClip> GenerateAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct) => Make(request);

    public Task SaveAsync(GenerationId id, AudioClip clip, CancellationToken ct) => SaveFault(++Saves) is { } fault ? Task.FromException(fault) : Task.CompletedTask;

    public Task<Result<AudioFile>> OpenAsync(GenerationId id, AudioFormat format, CancellationToken ct) =>
        Task.FromResult<Result<AudioFile>>(
            HasAudio ? new AudioFile(Stream.Null, "audio/wav", format.ToString(), "\"tag\"") : GenerationErrors.NotCompleted);

    /// <summary>Whether there is sound of any task.</summary>
    public bool HasAudio { get; set; } = true;

    public Task<string> SaveCopyAsync(GenerationId id, AudioFormat format, Stream content, CancellationToken ct) => throw new NotSupportedException();

    public Task<AudioClip?> LoadAsync(GenerationId id, CancellationToken ct) => Task.FromResult<AudioClip?>(null);

    public Task<Result<float[][]>> GetPeaksAsync(GenerationId id, int points, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>What deleting a task's sound runs into; for a disk that is away.</summary>
    public Func<GenerationId, Exception?> DeleteFault { get; set; } = _ => null;

    public Task<RemovedAudio> DeleteAsync(GenerationId id, CancellationToken ct)
    {
        if (DeleteFault(id) is { } fault)
            throw fault;
        Deleted.Add(id);
        return Task.FromResult(new RemovedAudio(2, 1000));
    }

    /// <summary>Tasks that have sound for longer than anything is in the making.</summary>
    public HashSet<GenerationId> Stored { get; } = [];

    public DateTimeOffset? LeftBefore { get; private set; }

    public async Task<ClearedAudio> ClearAsync(
        DateTimeOffset copiesBefore, DateTimeOffset leftBefore, Func<IReadOnlyCollection<GenerationId>, Task<IReadOnlySet<GenerationId>>> living, CancellationToken ct)
    {
        (CopiesBefore, LeftBefore) = (copiesBefore, leftBefore);
        return new ClearedAudio(3, Stored.Count - (await living(Stored)).Count, 0);
    }

    int IScoreWriter.EngineVersion => Models[0].EngineVersion ?? EngineVersion;

    public bool Writes(string model) => model == "composer";

    public byte[] Midi(MusicRequest request) => Encoding.UTF8.GetBytes($"{request.Prompt} after {request.ContinueOf?.Prompt}");

    public Result<Stream> OpenStems(MusicRequest request, CancellationToken ct) => new MemoryStream(Midi(request));

    private long _leases;

    private sealed class Lease(FakeGenerationPorts owner, GenerationId id) : IGenerationLease
    {
        public long Number { get; } = ++owner._leases;

        public CancellationToken Lost => CancellationToken.None;

        public Task<bool> IsStillHeldAsync(CancellationToken ct) => Task.FromResult(owner.Held.Contains(id));

        public Task PublishAsync(StepsDone steps, CancellationToken ct) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            owner.Held.Remove(id);
            return ValueTask.CompletedTask;
        }
    }
}
