using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Sessions;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Counts strangers' reads on this node alone while the store can't be asked, at a tenth of what the free tier may read:
/// an outage must not be the moment when anybody may ask for anything.
/// </summary>
internal sealed class LocalLimits(IOptions<RateLimitOptions> options, TimeProvider time)
{
    private const int Share = 10;
    private const int MostAddresses = 100_000;

    private readonly ConcurrentDictionary<string, Counters> _byAddress = new(StringComparer.Ordinal);

    /// <summary>Counts a read of that address, or says when the next one will pass.</summary>
    public GateDecision Count(string address)
    {
        // Addresses that are long gone would fill the memory; forgetting all of them at once is simple and rare.
        if (_byAddress.Count >= MostAddresses)
            _byAddress.Clear();
        return _byAddress.GetOrAdd(address, _ => new Counters(Windows(options.Value.Free))).Count(time.GetUtcNow());
    }

    // A read has ten times the numbers of its tier, of which a tenth is left.
    private static (string Name, TimeSpan Length, long Limit)[] Windows(RateLimits free) =>
    [
        ("burst", TimeSpan.FromSeconds(1), Tenth(free.Burst * 10)),
        ("minute", TimeSpan.FromMinutes(1), Tenth(free.Minute * 10)),
        ("hour", TimeSpan.FromHours(1), Tenth(free.Hour * 10)),
        ("day", TimeSpan.FromDays(1), Tenth(free.Day * 10)),
    ];

    private static long Tenth(long limit) => Math.Max(1, limit / Share);

    /// <summary>The times of the accepted reads of the longest window, no more than its limit.</summary>
    private sealed class Counters((string Name, TimeSpan Length, long Limit)[] windows)
    {
        private readonly Lock _lock = new();
        private readonly List<DateTimeOffset> _accepted = [];

        public GateDecision Count(DateTimeOffset now)
        {
            lock (_lock)
            {
                _accepted.RemoveAll(at => at <= now - windows[^1].Length);
                var wait = windows.Max(w => FreeAt(w, now) - now);
                if (wait <= TimeSpan.Zero)
                    _accepted.Add(now);
                var state = windows.Select(w => State(w, now)).ToList();
                return wait <= TimeSpan.Zero
                    ? new GateDecision(GateOutcome.Allowed, Tier.Free.Name(), Role.User, Tier.Free, state, TimeSpan.Zero)
                    : new GateDecision(GateOutcome.Limited, Tier.Free.Name(), Role.User, Tier.Free, state, wait);
            }
        }

        private RateWindow State((string Name, TimeSpan Length, long Limit) window, DateTimeOffset now)
        {
            var first = _accepted.FindIndex(at => at > now - window.Length);
            var used = first < 0 ? 0 : _accepted.Count - first;
            return new RateWindow(
                window.Name, window.Length, window.Limit, Math.Max(0, window.Limit - used), first < 0 ? now : _accepted[first] + window.Length);
        }

        // When the read that is one too many leaves the window.
        private DateTimeOffset FreeAt((string Name, TimeSpan Length, long Limit) window, DateTimeOffset now) =>
            _accepted.Count < window.Limit ? now : _accepted[^(int)window.Limit] + window.Length;
    }
}
