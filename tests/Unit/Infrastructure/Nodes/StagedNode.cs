using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Generations;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>What nodes say in tests.</summary>
internal static class StagedNode
{
    public static MusicModel Composer { get; } = new("composer", "embedded-composer", Neural: false, [44100], 2, 300, "MIT", Loaded: true, []);

    public static MusicModel Network(string id, string engine) => new(id, engine, Neural: true, [32000], 1, 300, "MIT", Loaded: false, []);

    public static NodeState Of(string name, params MusicModel[] models) => new()
    {
        Name = name,
        Role = NodeRole.All,
        Version = "2.0",
        StartedAt = DateTimeOffset.UnixEpoch,
        Models = models,
    };

    public static NodeState WithMemory(this NodeState state, long bytes) => state with { Devices = [new DeviceState("cpu", "x", bytes, 0, 0, 4, [])] };

    public static IOptions<NodeOptions> Named(string name) => Options.Create(new NodeOptions { Name = name });

    public static FakeTimeProvider Clock() => new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
}
