using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Quotas.GetQuota;

/// <summary>What the caller has used of its tier's plan.</summary>
public sealed record GetQuotaQuery : IQuery<QuotaView>;

/// <summary>The plan and its use, as the wire shows them.</summary>
public sealed record QuotaView(string Tier, IReadOnlyList<QuotaWindowView> Windows, AudioQuotaView AudioSeconds);

/// <summary>One rolling window of generations; more becomes available at <paramref name="ResetsAt"/>.</summary>
public sealed record QuotaWindowView(string Name, double Limit, double Used, double Remaining, DateTimeOffset ResetsAt);

/// <summary>Audio seconds in a rolling day.</summary>
public sealed record AudioQuotaView(double Limit, double Used, double Remaining, DateTimeOffset ResetsAt);

/// <summary>There is nothing to get wrong; the rule that every request has a validator holds without exceptions.</summary>
internal sealed class GetQuotaQueryValidator : AbstractValidator<GetQuotaQuery>;

internal sealed class GetQuotaQueryHandler(IQuotaLedger ledger, ICurrentUser caller) : IRequestHandler<GetQuotaQuery, Result<QuotaView>>
{
    public async Task<Result<QuotaView>> Handle(GetQuotaQuery query, CancellationToken ct)
    {
        var usage = await ledger.GetUsageAsync(caller.Required, caller.Tier, ct);
        var audio = usage.AudioSeconds;
        return new QuotaView(
            caller.Tier.Name(),
            usage.Windows.Select(w => new QuotaWindowView(w.Name, w.Limit, w.Used, w.Remaining, w.ResetsAt)).ToList(),
            new AudioQuotaView(audio.Limit, audio.Used, audio.Remaining, audio.ResetsAt));
    }
}
