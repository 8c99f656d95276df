using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Sampling;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference;

/// <summary>
/// The one thread that computes on a device. Songs join and leave at any step; those of one model share its passes. Models are
/// loaded when a song needs them or somebody asks for them, and leave when memory does, when somebody says so, or when nobody
/// asked for any for long.
/// </summary>
internal sealed partial class InferenceThread : IDisposable
{
    private static readonly Histogram<double> StepDuration =
        Telemetry.Histogram("musicgen.engine.step.duration", "A decoding step of all songs together; fifty make a second of music.", [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1]);

    private static readonly Gauge<int> Songs = Telemetry.Meter.CreateGauge<int>("musicgen.engine.songs", "{song}", "Songs in the making.");

    private static readonly Gauge<int> Free = Telemetry.Meter.CreateGauge<int>("musicgen.engine.songs.free", "{song}", "Songs that could begin beside them.");

    private static readonly Gauge<int> Waiting = Telemetry.Meter.CreateGauge<int>("musicgen.engine.songs.waiting", "{song}", "Songs that wait for room.");

    private readonly TimeSpan _idle;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<SongJob, bool> _jobs = []; // active, waiting and arriving, for others to look at
    private readonly BlockingCollection<Action> _arriving = [];
    private readonly LinkedList<SongJob> _waiting = [];
    private readonly List<SongJob> _active = [];
    private readonly LoadedModels _models;
    private readonly Thread _thread;

    public InferenceThread(EngineProfile profile, InferenceOptions options, ILogger logger)
    {
        (Profile, _logger) = (profile, logger);
        Places = options.Songs > 0 ? options.Songs : profile.DefaultSongs;
        _models = new LoadedModels(profile, logger);
        _idle = options.IdleMinutes == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMinutes(options.IdleMinutes);
        _thread = new Thread(Run) { IsBackground = true, Name = $"inference {profile.Device.Name}" };
        _thread.Start();
    }

    public EngineProfile Profile { get; }

    /// <summary>Songs that it makes at once; more of them wait.</summary>
    public int Places { get; }

    /// <summary>Songs under way and waiting.</summary>
    public int Taken => _jobs.Count;

    /// <summary>Takes a song, whose completion says when it is made.</summary>
    /// <param name="folder">The model's.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="progress">Hears of every step, from the thread.</param>
    /// <param name="furtherSteps">Steps that the caller will make afterwards.</param>
    /// <param name="ct">Stops within a step.</param>
    public SongJob Sing(ModelFolder folder, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
    {
        var bytes = BytesFor(folder.Config!);
        var job = new SongJob(folder, request, progress, furtherSteps, ct) { ModelBytes = bytes, CacheBytes = BytesFor(folder.Config!, request) - bytes };
        _jobs[job] = true;
        _arriving.Add(() => _waiting.AddLast(job), CancellationToken.None);
        return job;
    }

    /// <summary>Ends the thread after its step; songs that aren't finished are cancelled.</summary>
    public void Dispose()
    {
        _arriving.CompleteAdding();
        _thread.Join();
        _arriving.Dispose();
    }

    private void Run()
    {
        using var mode = inference_mode();
        while (TakeArrivals())
        {
            try
            {
                StepAll();
            }
            catch (Exception e)
            {
                // A fault of nobody's song, as in giving memory back: those under way fail, and the thread lives on.
                Log.Faulted(_logger, e);
                _active.ToList().ForEach(job => Fail(job, e));
            }
        }

        foreach (var job in _active.Concat(_waiting).ToList())
            End(job, () => job.Completion.TrySetCanceled(CancellationToken.None));
        _models.UnloadAll();
    }

    private void StepAll()
    {
        Admit();
        foreach (var group in _active.Where(j => j.Work!.Window is not null).GroupBy(j => j.Model).ToList())
            Step(group.Key, [.. group]);
        foreach (var job in _active.Where(j => j.Work!.Window is null).ToList())
            Attempt(job, job.Work!.Sound);
        foreach (var job in _active.Where(j => j.Work!.IsDone).ToList())
            End(job, () => job.Completion.TrySetResult(job.Work!.Result));
    }

    // Waits only when there is nothing to do. False when the thread is to end.
    private bool TakeArrivals()
    {
        _models.Record(_active.Sum(j => j.CacheBytes));
        Count();
        if (_active.Count == 0 && _waiting.Count == 0)
        {
            var wait = _models.IsEmpty ? Timeout.InfiniteTimeSpan : _idle;
            if (_arriving.TryTake(out var first, wait))
                first();
            else if (!_arriving.IsCompleted)
                _models.UnloadAll();
        }

        var isEnding = _arriving.IsAddingCompleted; // asked before the last look, so that nothing comes after it
        while (_arriving.TryTake(out var next))
            next();
        return !isEnding;
    }

    // In the order of arrival: a song that finds no room isn't overtaken by smaller ones for ever.
    private void Admit()
    {
        foreach (var gone in _waiting.Where(j => j.Ct.IsCancellationRequested).ToList())
            End(gone, () => gone.Completion.TrySetCanceled(gone.Ct));
        while (_waiting.First?.Value is { } job && _active.Count < Places)
        {
            if (!Attempt(job, () => Begin(job)))
                continue;
            if (job.Work is null)
                return;
            _waiting.RemoveFirst();
            _active.Add(job);
        }
    }

    // Leaves the job as it is when there is no room for it yet.
    private void Begin(SongJob job)
    {
        var use = InUse(_active);
        var model = _models.Take(job.Folder, use);
        job.HadModel = model is not null;
        if (model is null || !_models.MakeRoom(job.CacheBytes, job.Model, use))
        {
            if (_active.Count == 0)
                throw new MusicGenerationException($"This song needs {LoadedModels.Gigabytes(job.ModelBytes + job.CacheBytes)} of memory, and {LoadedModels.Gigabytes(Profile.MemoryLimit)} may be used. Ask for a shorter one, or for a smaller model.") { Fault = NodeFault.Memory };
            return;
        }

        Telemetry.EndApart(job.Waiting);
        using var scope = NewDisposeScope();
        var work = new SongWork(model, job.Request, job.Progress, job.FurtherSteps, job.Ct);
        try
        {
            work.Begin();
            job.Work = work;
        }
        catch
        {
            work.Dispose();
            throw;
        }
    }

    private void Step(string model, List<SongJob> jobs)
    {
        var ready = jobs.Where(job => Attempt(job, job.Work!.BeforeStep)).ToList();
        if (ready.Count == 0)
            return;
        var start = Stopwatch.GetTimestamp();
        try
        {
            DecoderPass.Step(_models[model].Model, [.. ready.Select(j => j.Work!.Window!)], 2 * Places);
        }
        catch (Exception e)
        {
            ready.ForEach(job => Fail(job, e));
            return;
        }

        StepDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, Profile.DeviceTag, new("engine", Profile.Name), new("model", model));
        foreach (var job in ready)
            Attempt(job, job.Work!.AfterStep);
    }

    // One song's fault is that song's alone.
    private bool Attempt(SongJob job, Action act)
    {
        try
        {
            using var scope = NewDisposeScope();
            Activity.Current = job.Caller;
            act();
            return true;
        }
        catch (Exception e)
        {
            Fail(job, e);
            return false;
        }
        finally
        {
            Activity.Current = null;
        }
    }

    private void Count()
    {
        Songs.Record(_active.Count, Profile.DeviceTag);
        Free.Record(Places - _active.Count, Profile.DeviceTag);
        Waiting.Record(_waiting.Count, Profile.DeviceTag);
    }

    private void Fail(SongJob job, Exception e)
    {
        switch (e)
        {
            case OperationCanceledException when job.Ct.IsCancellationRequested:
                End(job, () => job.Completion.TrySetCanceled(job.Ct));
                break;
            default:
                var explained = Explained(job.Model, e);
                if (!job.HadModel && explained is not MusicGenerationException)
                    explained = new MusicGenerationException($"The model {job.Model} can't be loaded because of a fault on our side. Nothing was charged; please try again.", e) { Fault = NodeFault.Model };
                if (explained != e)
                    Log.Broken(_logger, e, job.Model);
                End(job, () => job.Completion.TrySetException(explained));
                break;
        }
    }

    private void End(SongJob job, Action complete)
    {
        _active.Remove(job);
        _waiting.Remove(job);
        job.Work?.Dispose();
        _jobs.TryRemove(job, out _);
        Telemetry.EndApart(job.Waiting);
        complete();
    }

    // What people can do something about, in words for them; else the fault itself.
    private static Exception Explained(string model, Exception e) => e switch
    {
        CheckpointException => new MusicGenerationException($"The model {model} can't be loaded. {e.Message}", e) { Fault = NodeFault.Model },
        _ when LoadedModels.IsOutOfMemory(e) => new MusicGenerationException("There wasn't enough memory. Ask for a shorter song, or try again later.", e) { Fault = NodeFault.Memory },
        _ when IsOfDevice(e) => new MusicGenerationException($"The device that computes {model} broke. Try again later.", e) { Fault = NodeFault.Model },
        _ => e,
    };

    // A GPU that has gone says so again and again; libtorch tells it in words only.
    private static bool IsOfDevice(Exception e) => e is System.Runtime.InteropServices.ExternalException && e.Message.Contains("CUDA error", StringComparison.OrdinalIgnoreCase);

    private static ModelsInUse InUse(IReadOnlyCollection<SongJob> songs) =>
        new(songs.Select(j => j.Model).ToHashSet(StringComparer.Ordinal), songs.Sum(j => j.CacheBytes));

    private static partial class Log
    {
        [LoggerMessage(7205, LogLevel.Error, "The inference thread met a fault that is no song's own")]
        public static partial void Faulted(ILogger logger, Exception exception);

        [LoggerMessage(7203, LogLevel.Error, "The model {Model} can't be run")]
        public static partial void Broken(ILogger logger, Exception exception, string model);
    }
}
