using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;

namespace MusicGen.Application.Quotas;

/// <summary>Counts generations and audio seconds in rolling windows, for all nodes together.</summary>
public interface IQuotaLedger
{
    /// <summary>
    /// Charges, once for each id; refuses with <c>quota.exceeded</c> and the time until it would pass. The charge is open until it is
    /// known whether what it pays for came to be: <see cref="KeepAsync"/> or <see cref="GiveUpAsync"/>.
    /// </summary>
    Task<QuotaLease> AcquireAsync(UserId user, Tier tier, QuotaCharge charge, CancellationToken ct);

    /// <summary>What the charge pays for is there. Best effort: a charge that stays open is looked at again.</summary>
    Task KeepAsync(UserId user, string chargeId);

    /// <summary>
    /// Nothing came of this request. The whole charge goes back once that is so of every request that shares it: of those that are
    /// still at work, one may become what it pays for, and of one that has, it is owed.
    /// </summary>
    Task GiveUpAsync(UserId user, string chargeId, CancellationToken ct);

    /// <summary>Charges that have been open for so long that whoever asked for them has failed or died.</summary>
    Task<IReadOnlyList<OpenCharge>> ListOpenAsync(TimeSpan age, CancellationToken ct);

    /// <summary>Gives back the audio seconds of a charge beyond those really made; the generation stays counted.</summary>
    Task SettleAsync(UserId user, string chargeId, double audioSecondsMade, CancellationToken ct);

    /// <summary>Gives a whole charge back and forgets its id, which may be charged anew; again and again is once.</summary>
    Task ReleaseAsync(UserId user, string chargeId, CancellationToken ct);

    /// <summary>
    /// Gives a whole charge back and remembers its id for a day: what it paid for came to nothing but can still be
    /// asked for, and asking again neither costs nor is refused. Again and again is once.
    /// </summary>
    Task RefundAsync(UserId user, string chargeId, CancellationToken ct);

    /// <summary>
    /// Leaves a charge as it is but frees its id, because what it paid for is deleted: the next request of that name is
    /// a new one and pays.
    /// </summary>
    Task DetachAsync(UserId user, string chargeId, CancellationToken ct);

    Task<QuotaUsage> GetUsageAsync(UserId user, Tier tier, CancellationToken ct);
}

/// <summary>The answer to a charge.</summary>
/// <param name="Refusal">Why not, or null when it was charged.</param>
/// <param name="IsNew">False when this id had been charged before.</param>
public sealed record QuotaLease(Error? Refusal, bool IsNew);

/// <summary>A charge of which nobody has said whether it is owed.</summary>
public sealed record OpenCharge(UserId User, string ChargeId);

/// <summary>What is used of a tier's plan.</summary>
public sealed record QuotaUsage(IReadOnlyList<QuotaWindow> Windows, QuotaWindow AudioSeconds);

/// <summary>One rolling window. <paramref name="ResetsAt"/> is the moment when more becomes available; now, when nothing is used.</summary>
public sealed record QuotaWindow(string Name, double Limit, double Used, DateTimeOffset ResetsAt)
{
    public double Remaining => Math.Max(0, Limit - Used);
}
