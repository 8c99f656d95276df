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

    public async Task<NodeBoard> ReadAsync(CancellationToken ct) => (await SayAsync(string.Empty, string.Empty, isLast: false)).Board;

    // The value is the time of the node's last word as far as the order needs it; 1 has the script note it.
    public Task GiveAsync(NodeOrder order, CancellationToken ct) => redis.HashSetAsync(RedisKeys.NodeOrders, Write(order), "1");

    public Task WithdrawAsync(NodeOrder order, CancellationToken ct) => redis.HashDeleteAsync(RedisKeys.NodeOrders, Write(order));

    /// <summary>Says what this node is, and renews the board.</summary>
    public async Task<WordAnswer> AnnounceAsync(NodeState state)
    {
        var (board, answer) = await SayAsync(state.Name, JsonSerializer.Serialize(state, Json), isLast: false);
        _board = board;
        return answer;
    }

    /// <summary>Says that this node stops in good order. Its models are offered on until it is forgotten.</summary>
    public Task LeaveAsync(NodeState state) => SayAsync(state.Name, JsonSerializer.Serialize(state.AsLastWord(), Json), isLast: true);

    private async Task<(NodeBoard Board, WordAnswer Answer)> SayAsync(string name, string state, bool isLast)
    {
        RedisKey[] keys = [RedisKeys.Nodes, RedisKeys.NodesHeard, RedisKeys.NodeOrders];
        var answer = (RedisResult[])(await Exchange.RunAsync(
            redis, keys, name, _instance, state, isLast ? "1" : "0", Milliseconds(KnownNode.Memory), Milliseconds(KnownNode.DrainMemory), clock.Now))!;
        var board = new NodeBoard(
            [.. answer.Skip(3).Select(ReadNode).OfType<KnownNode>().OrderBy(n => n.State.Name, StringComparer.Ordinal)],
            ((string[])answer[2]!).Select(ReadOrder).OfType<NodeOrder>().ToHashSet());
        return (board, new WordAnswer((long)answer[0] is var ago and >= 0 ? TimeSpan.FromMilliseconds(ago) : null, (long)answer[1] == 1));
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);

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

/// <summary>What a node learns of itself when it speaks.</summary>
/// <param name="Namesake">How long ago another process spoke under the same name; null when none did.</param>
/// <param name="WasKnown">Whether an earlier word of this name was there; else this is the first, or Redis has lost what it held.</param>
internal sealed record WordAnswer(TimeSpan? Namesake, bool WasKnown);
