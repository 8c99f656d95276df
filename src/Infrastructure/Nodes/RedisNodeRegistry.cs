using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Redis;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Nodes;

internal sealed class RedisNodeRegistry(IDatabase redis, RedisClock clock) : INodeRegistry
{
    private const char Separator = '\n'; // in no name and no model's id

    private static readonly RedisScript Exchange = RedisScript.Named("exchange_nodes");
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private readonly string _instance = Guid.CreateVersion7().ToString("N");
    private volatile NodeBoard _board = NodeBoard.Empty;

    public NodeBoard Board => _board;

    public async Task<NodeBoard> ReadAsync(CancellationToken ct) => (await SayAsync(string.Empty, string.Empty)).Board;

    public Task GiveAsync(NodeOrder order, CancellationToken ct) => redis.HashSetAsync(RedisKeys.NodeOrders, Write(order), "1");

    public Task WithdrawAsync(NodeOrder order, CancellationToken ct) => redis.HashDeleteAsync(RedisKeys.NodeOrders, Write(order));

    /// <summary>Says what this node is, and renews the board.</summary>
    /// <returns>How long ago another process spoke under the same name; null when none did.</returns>
    public async Task<TimeSpan?> AnnounceAsync(NodeState state)
    {
        var (board, namesake) = await SayAsync(state.Name, JsonSerializer.Serialize(state, Json));
        _board = board;
        return namesake;
    }

    /// <summary>Tells the others that this node is gone.</summary>
    public Task LeaveAsync(string name) => SayAsync(name, string.Empty);

    private async Task<(NodeBoard Board, TimeSpan? Namesake)> SayAsync(string name, string state)
    {
        RedisKey[] keys = [RedisKeys.Nodes, RedisKeys.NodesHeard, RedisKeys.NodeOrders];
        var memory = KnownNode.Memory.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        var answer = (RedisResult[])(await Exchange.RunAsync(redis, keys, name, _instance, state, memory, clock.Now))!;
        var orders = (string[])answer[1]!;
        var board = new NodeBoard(
            [.. answer.Skip(2).Select(ReadNode).OfType<KnownNode>().OrderBy(n => n.State.Name, StringComparer.Ordinal)],
            orders.Where((_, i) => i % 2 == 0).Select(ReadOrder).OfType<NodeOrder>().ToHashSet());
        return (board, (long)answer[0] is var ago and >= 0 ? TimeSpan.FromMilliseconds(ago) : null);
    }

    // A node of another version may say what this one doesn't understand; then it isn't there for us.
    private static KnownNode? ReadNode(RedisResult node)
    {
        var parts = (RedisResult[])node!;
        try
        {
            return JsonSerializer.Deserialize<NodeState>((string)parts[2]!, Json) is { } state
                ? new KnownNode(state, TimeSpan.FromMilliseconds((long)parts[1]))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Write(NodeOrder order) => $"{order.Kind}{Separator}{order.Subject}{Separator}{order.Model}";

    private static NodeOrder? ReadOrder(string text)
    {
        var parts = text.Split(Separator);
        return parts.Length == 3 && Enum.TryParse<NodeOrderKind>(parts[0], out var kind)
            ? new NodeOrder(kind, parts[1], parts[2].Length > 0 ? parts[2] : null)
            : null;
    }
}
