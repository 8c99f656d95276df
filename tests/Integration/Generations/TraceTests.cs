using System.Collections.Concurrent;
using System.Diagnostics;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>A task's trace goes with it, from the node that accepted it to whoever makes it in the end.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private readonly RedisServers _servers;
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-trace-").FullName;
    private readonly UserId _user = UserId.New(DateTimeOffset.UtcNow);
    private readonly List<GenerationNode> _nodes = [];
    private readonly ConcurrentQueue<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public TraceTests(RedisServers servers)
    {
        _servers = servers;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task One_trace_leads_from_the_node_that_accepted_a_task_to_the_one_that_made_it(RedisKind kind)
    {
        var (first, second) = (await NodeAsync(kind), await NodeAsync(kind));
        var (id, request) = await AcceptAsync(first);
        await second.StartAsync();
        await second.UntilAsync(id, t => t.IsFinished);
        await second.StopAsync();

        var trace = SpansOf(request.TraceId);
        Assert.Equal(1, second.Engine.Starts);
        foreach (var name in new[] { "GenerateMusicCommand", "enqueue", "work", "RunGenerationCommand", "generate", "store" })
            Assert.Single(trace, s => s.OperationName == name);
        Assert.Equal(trace.Single(s => s.OperationName == "enqueue").SpanId, trace.Single(s => s.OperationName == "work").ParentSpanId);
        Assert.Equal(id.ToString(), trace.Single(s => s.OperationName == "work").GetTagItem(Telemetry.TaskTag));
        Assert.All(trace, s => Assert.DoesNotContain(s.TagObjects, t => $"{t.Value}".Contains("calm piano", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_task_that_the_sweeper_puts_back_goes_on_in_its_trace(RedisKind kind)
    {
        var (first, second) = (await NodeAsync(kind), await NodeAsync(kind));
        var (id, request) = await AcceptAsync(first);
        await first.WithDatabaseAsync(async db =>
        {
            Assert.True(db.Generations.Single(g => g.Id == id).Start(1, DateTimeOffset.UtcNow)); // by a process that died at once
            return await db.SaveChangesAsync(CancellationToken.None);
        });
        await first.Get<IGenerationQueue>().RemoveAsync(id, CancellationToken.None); // which had taken its start

        await second.SweepAsync();
        await second.StartAsync();
        await second.UntilAsync(id, t => t.IsFinished);
        await second.StopAsync();

        var trace = SpansOf(request.TraceId);
        Assert.Equal(2, trace.Count(s => s.OperationName == "enqueue"));
        Assert.Single(trace, s => s.OperationName == "generate");
    }

    // Those of other tests end in the same listener, in other traces.
    public ValueTask InitializeAsync()
    {
        ActivitySource.AddActivityListener(_listener);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<GenerationNode> NodeAsync(RedisKind kind)
    {
        var node = new GenerationNode(await _servers.NodeAsync(kind), _folder, _user, new StagedEngine());
        if (_nodes.Count == 0)
            await node.CreateDatabaseAsync();
        _nodes.Add(node);
        return node;
    }

    private static async Task<(GenerationId Id, Activity Request)> AcceptAsync(GenerationNode node)
    {
        using var request = Telemetry.Source.StartActivity("request")!;
        return (await node.AcceptAsync(), request);
    }

    private List<Activity> SpansOf(ActivityTraceId trace) => [.. _ended.Where(s => s.TraceId == trace)];
}
