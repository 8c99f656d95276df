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
/// The one thread that touches libtorch. Songs join and leave at any step; those of one model share its passes. Models are
/// loaded when a song needs them, and leave when memory does, or when nobody asked for them for long.
/// </summary>
internal sealed partial class InferenceThread : IDisposable
{
    private static readonly Histogram<double> StepDuration =
        Telemetry.Meter.CreateHistogram<double>("musicgen.engine.step.duration", "s", "A decoding step of all songs together; fifty make a second of music.");

    private static readonly Gauge<int> Songs = Telemetry.Meter.CreateGauge<int>("musicgen.engine.songs", "{song}", "Songs in the latest decoding step.");

    private readonly EngineProfile _profile;
    private readonly int _songs;
    private readonly TimeSpan _idle;
    private readonly ILogger _logger;
    private readonly BlockingCollection<SongJob> _arriving = [];
    private readonly LinkedList<SongJob> _waiting = [];
    private readonly List<SongJob> _active = [];
    private readonly LoadedModels _models;
    private readonly Thread _thread;

    public InferenceThread(EngineProfile profile, InferenceOptions options, ILogger logger)
    {
        (_profile, _logger) = (profile, logger);
        _songs = options.Songs > 0 ? options.Songs : profile.DefaultSongs;
        _models = new LoadedModels(profile, options.MemoryMb > 0 ? (long)options.MemoryMb << 20 : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3, logger);
        _idle = options.IdleMinutes == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMinutes(options.IdleMinutes);
        _thread = new Thread(Run) { IsBackground = true, Name = "inference" };
        _thread.Start();
    }

    /// <summary>Whether a model answers without loading first.</summary>
    public bool IsLoaded(string id) => _models.Contains(id);

    /// <summary>Makes a song.</summary>
    /// <param name="id">The model's.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="progress">Hears of every step, from the thread.</param>
    /// <param name="furtherSteps">Steps that the caller will make afterwards.</param>
    /// <param name="ct">Stops within a step.</param>
    public Task<Song> SingAsync(string id, string folder, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
    {
        var job = new SongJob(id, folder, request, progress, furtherSteps, ct);
        _arriving.Add(job, CancellationToken.None);
        return job.Completion.Task;
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
        if (_active.Count == 0 && _waiting.Count == 0)
        {
            var wait = _models.IsEmpty ? Timeout.InfiniteTimeSpan : _idle;
            if (_arriving.TryTake(out var first, wait))
                _waiting.AddLast(first);
            else if (!_arriving.IsCompleted)
                _models.UnloadAll();
        }

        while (_arriving.TryTake(out var next))
            _waiting.AddLast(next);
        return !_arriving.IsAddingCompleted;
    }

    // In the order of arrival: a song that finds no room isn't overtaken by smaller ones for ever.
    private void Admit()
    {
        foreach (var gone in _waiting.Where(j => j.Ct.IsCancellationRequested).ToList())
            End(gone, () => gone.Completion.TrySetCanceled(gone.Ct));
        while (_waiting.First?.Value is { } job && _active.Count < _songs)
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
        var use = new ModelsInUse(_active.Select(j => j.Model).ToHashSet(StringComparer.Ordinal), _active.Sum(j => j.Bytes));
        if (_models.Take(job.Model, job.Folder, use) is not { } model)
            return;
        var cache = SongWork.CacheBytes(model, job.Request);
        if (!_models.MakeRoom(cache, job.Model, use))
        {
            if (_active.Count == 0)
                throw new MusicGenerationException($"This song needs {LoadedModels.Gigabytes(model.Bytes + cache)} of memory, and {LoadedModels.Gigabytes(_models.Limit)} may be used. Ask for a shorter one, or for a smaller model.");
            return;
        }

        using var scope = NewDisposeScope();
        var work = new SongWork(model, job.Request, job.Progress, job.FurtherSteps, job.Ct);
        try
        {
            work.Begin();
            (job.Work, job.Bytes) = (work, cache);
            _models.Record(use.CacheBytes + cache);
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
            DecoderPass.Step(_models[model].Model, [.. ready.Select(j => j.Work!.Window!)], 2 * _songs);
        }
        catch (Exception e)
        {
            ready.ForEach(job => Fail(job, e));
            return;
        }

        StepDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("engine", _profile.Name));
        Songs.Record(_active.Count);
        foreach (var job in ready)
            Attempt(job, job.Work!.AfterStep);
    }

    // One song's fault is that song's alone.
    private bool Attempt(SongJob job, Action act)
    {
        try
        {
            using var scope = NewDisposeScope();
            act();
            return true;
        }
        catch (Exception e)
        {
            Fail(job, e);
            return false;
        }
    }

    private void Fail(SongJob job, Exception e)
    {
        switch (e)
        {
            case OperationCanceledException when job.Ct.IsCancellationRequested:
                End(job, () => job.Completion.TrySetCanceled(job.Ct));
                break;
            case CheckpointException:
                Log.Broken(_logger, e, job.Model);
                End(job, () => job.Completion.TrySetException(new MusicGenerationException($"The model {job.Model} can't be loaded. {e.Message}", e)));
                break;
            case var _ when LoadedModels.IsOutOfMemory(e):
                Log.Broken(_logger, e, job.Model);
                End(job, () => job.Completion.TrySetException(new MusicGenerationException("There wasn't enough memory for this song. Ask for a shorter one, or try again later.", e)));
                break;
            default:
                End(job, () => job.Completion.TrySetException(e));
                break;
        }
    }

    private void End(SongJob job, Action complete)
    {
        _active.Remove(job);
        _waiting.Remove(job);
        job.Work?.Dispose();
        complete();
    }

    private static partial class Log
    {
        [LoggerMessage(7205, LogLevel.Error, "The inference thread met a fault that is no song's own")]
        public static partial void Faulted(ILogger logger, Exception exception);

        [LoggerMessage(7203, LogLevel.Error, "The model {Model} can't be run")]
        public static partial void Broken(ILogger logger, Exception exception, string model);
    }
}
