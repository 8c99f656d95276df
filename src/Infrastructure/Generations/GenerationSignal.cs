using System.Globalization;
using MusicGen.Application.Generations;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Generations;

/// <summary>What goes over a task's channel: "look", or steps as "done/total".</summary>
internal static class GenerationSignal
{
    public static readonly RedisValue Look = "look";

    public static RedisValue Of(StepsDone steps) => string.Create(CultureInfo.InvariantCulture, $"{steps.Done}/{steps.Total}");

    /// <summary>The steps, or null for anything else: look again.</summary>
    public static StepsDone? Read(RedisValue message)
    {
        var text = message.ToString();
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var done)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var total)
            ? new StepsDone(done, total)
            : null;
    }
}
