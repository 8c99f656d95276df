using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Infrastructure.Monitoring;

/// <summary>
/// Measures every fifteen seconds what nobody's request shows: room on the disks, clocks, how long the oldest task has
/// waited, and where on purpose. What can't be asked keeps its last number; that a store is away shows elsewhere.
/// </summary>
internal sealed partial class NodeMonitor(
    IServiceScopeFactory scopes, ClockSkew clocks, INodeRegistry nodes, IOptions<AudioStoreOptions> audio, IOptions<DataOptions> data, TimeProvider time, ILogger<NodeMonitor> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private static readonly Gauge<long> DiskFree = Telemetry.Meter.CreateGauge<long>("musicgen.disk.free", "By", "What the service may still write where its data and its audio are.");

    private static readonly Gauge<long> DiskSize = Telemetry.Meter.CreateGauge<long>("musicgen.disk.size", "By", "The whole of those file systems.");

    private static readonly Gauge<double> Skew = Telemetry.Meter.CreateGauge<double>("musicgen.clock.skew", "s", "How far this machine's clock is ahead of a store's.");

    private static readonly Gauge<double> Oldest = Telemetry.Meter.CreateGauge<double>("musicgen.queue.oldest", "s", "How long the longest waiting task has waited, of all nodes together.");

    private static readonly Gauge<int> Paused = Telemetry.Meter.CreateGauge<int>("musicgen.queue.paused", "{tier}", "1 while an administrator holds a tier back, else 0.");

    private Task _disks = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Telemetry.Begin();
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
                await MeasureAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task MeasureAsync(CancellationToken ct)
    {
        MeasureDisks();
        await TryAsync(async () =>
        {
            var board = await nodes.ReadAsync(ct);
            foreach (var tier in Enum.GetValues<Tier>())
                Paused.Record(board.IsPaused(tier) ? 1 : 0, new KeyValuePair<string, object?>("tier", tier.Name()));
        }, ct);
        await TryAsync(async () => Skew.Record((await clocks.OfRedisAsync()).TotalSeconds, new KeyValuePair<string, object?>("store", "redis")), ct);
        await TryAsync(async () =>
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<MusicGenDbContext>();
            if (await clocks.OfDatabaseAsync(db, ct) is { } skew)
                Skew.Record(skew.TotalSeconds, new KeyValuePair<string, object?>("store", "sqlserver"));
            await MeasureQueuesAsync(db, ct);
        }, ct);
    }

    // Whoever asks a disk that hangs waits with it, so it is asked apart, and not again while somebody waits.
    private void MeasureDisks()
    {
        if (!_disks.IsCompleted)
            return;
        _disks = Task.Factory.StartNew(
            () =>
            {
                foreach (var (folder, path) in new[] { ("data", data.Value.Folder), ("audio", audio.Value.Path) })
                    MeasureDisk(folder, path);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static void MeasureDisk(string folder, string path)
    {
        try
        {
            var (disk, tag) = (new DriveInfo(path), new KeyValuePair<string, object?>("folder", folder));
            DiskFree.Record(disk.AvailableFreeSpace, tag);
            DiskSize.Record(disk.TotalSize, tag);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Not mounted: the health check says so.
        }
    }

    private async Task MeasureQueuesAsync(MusicGenDbContext db, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        foreach (var tier in Enum.GetValues<Tier>())
        {
            var since = await db.Generations.Where(g => g.Status == GenerationStatus.Pending && g.Tier == tier).MinAsync(g => (DateTimeOffset?)g.CreatedAt, ct);
            Oldest.Record(since is null ? 0 : (now - since.Value).TotalSeconds, new KeyValuePair<string, object?>("tier", tier.Name()));
        }
    }

    // What fails, because Redis or the database is away, is made up for by the next.
    private async Task TryAsync(Func<Task> measure, CancellationToken ct)
    {
        try
        {
            await measure();
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
                Log.Failed(logger, e.GetType().Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7310, LogLevel.Debug, "A measurement of this node failed ({Kind}); trying again")]
        public static partial void Failed(ILogger logger, string kind);
    }
}
