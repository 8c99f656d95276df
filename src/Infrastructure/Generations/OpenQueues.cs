using System.Globalization;
using System.Text;
using MusicGen.Application.Generations;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Generations;

/// <summary>The queues that this node's workers look into now: those of its models, in the tiers that aren't shut.</summary>
internal sealed class OpenQueues
{
    private static readonly IReadOnlySet<Tier> EveryTier = new HashSet<Tier>(Enum.GetValues<Tier>());

    private volatile Queues _queues = new([], EveryTier, new CancellationTokenSource());

    /// <summary>Names of a tier's queues, and what tells that they are others now.</summary>
    public (IReadOnlyList<string> Names, CancellationToken Changed) Of(Tier tier)
    {
        var queues = _queues;
        return (queues.Shut.Contains(tier) ? [] : [.. queues.Models.Select(m => NameOf(tier, m)), tier.Name()], queues.Replaced.Token);
    }

    /// <summary>Opens the queues of these models, but for the tiers that are shut. Workers that wait look anew.</summary>
    public void Open(IReadOnlyList<MusicModel> models, IReadOnlySet<Tier> shut)
    {
        var before = _queues;
        var now = new Queues([.. models.Select(m => m.Id)], shut, new CancellationTokenSource());
        if (now.Models.SequenceEqual(before.Models, StringComparer.Ordinal) && now.Shut.SetEquals(before.Shut))
            return;
        _queues = now;
        before.Replaced.Cancel();
    }

    /// <summary>
    /// A queue's name. Hangfire allows small letters, digits, - and _; what else a model's id holds is written as _ and four
    /// hexadecimal digits, so that two never share one.
    /// </summary>
    public static string NameOf(Tier tier, string model)
    {
        var name = new StringBuilder(tier.Name()).Append('_');
        foreach (var c in model)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
                name.Append(c);
            else
                name.Append('_').Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }

        return name.ToString();
    }

    /// <param name="Models">Their ids.</param>
    /// <param name="Shut">Tiers that no task is taken from.</param>
    /// <param name="Replaced">Never disposed: workers that have just read it may still wait on it.</param>
    private sealed record Queues(IReadOnlyList<string> Models, IReadOnlySet<Tier> Shut, CancellationTokenSource Replaced);
}
