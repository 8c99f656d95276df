using MusicGen.Application.Quotas;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;

namespace MusicGen.Unit.Support;

/// <summary>A ledger with one window that never passes.</summary>
internal sealed class FakeQuotaLedger : IQuotaLedger
{
    private readonly Dictionary<string, double> _charges = [];
    private readonly Dictionary<string, int> _askers = [];
    private readonly HashSet<string> _refunded = [];

    public int Room { get; set; } = 100;

    public int Count => _charges.Count;

    public double Seconds => _charges.Values.Sum();

    public Task<QuotaLease> AcquireAsync(UserId user, Tier tier, QuotaCharge charge, CancellationToken ct)
    {
        if (_charges.ContainsKey(charge.Id))
            _askers[charge.Id]++;
        if (_charges.ContainsKey(charge.Id) || _refunded.Contains(charge.Id))
            return Task.FromResult(new QuotaLease(null, IsNew: false));
        if (_charges.Count >= Room)
            return Task.FromResult(new QuotaLease(QuotaErrors.Exceeded("minute", TimeSpan.FromSeconds(7)), IsNew: false));
        (_charges[charge.Id], _askers[charge.Id]) = (charge.AudioSeconds, 1);
        return Task.FromResult(new QuotaLease(null, IsNew: true));
    }

    public Task KeepAsync(UserId user, string chargeId) => Task.CompletedTask;

    public Task GiveUpAsync(UserId user, string chargeId, CancellationToken ct)
    {
        if (_charges.ContainsKey(chargeId) && --_askers[chargeId] == 0)
            _charges.Remove(chargeId);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<OpenCharge>> ListOpenAsync(TimeSpan age, CancellationToken ct) => Task.FromResult<IReadOnlyList<OpenCharge>>([]);

    public Task SettleAsync(UserId user, string chargeId, double audioSecondsMade, CancellationToken ct)
    {
        if (_charges.TryGetValue(chargeId, out var seconds))
            _charges[chargeId] = Math.Min(seconds, audioSecondsMade);
        return Task.CompletedTask;
    }

    public Task ReleaseAsync(UserId user, string chargeId, CancellationToken ct)
    {
        _charges.Remove(chargeId);
        _refunded.Remove(chargeId);
        return Task.CompletedTask;
    }

    public Task RefundAsync(UserId user, string chargeId, CancellationToken ct)
    {
        if (_charges.Remove(chargeId))
            _refunded.Add(chargeId);
        return Task.CompletedTask;
    }

    public Task DetachAsync(UserId user, string chargeId, CancellationToken ct)
    {
        _refunded.Remove(chargeId);
        if (_charges.Remove(chargeId, out var seconds))
            _charges[$"gone:{_charges.Count}:{chargeId}"] = seconds;
        return Task.CompletedTask;
    }

    public Task<QuotaUsage> GetUsageAsync(UserId user, Tier tier, CancellationToken ct) => Task.FromResult(new QuotaUsage(
        [new QuotaWindow("day", Room, Count, DateTimeOffset.UnixEpoch)], new QuotaWindow("audio_seconds", 1800, Seconds, DateTimeOffset.UnixEpoch)));
}
