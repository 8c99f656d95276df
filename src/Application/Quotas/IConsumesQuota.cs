using MusicGen.Domain.Quotas;

namespace MusicGen.Application.Quotas;

/// <summary>A command that states what it costs.</summary>
public interface IConsumesQuota
{
    QuotaCharge Charge { get; }
}

/// <summary>An answer that may say that nothing was consumed after all.</summary>
public interface IQuotaUnused
{
    bool IsUnused { get; }
}

/// <summary>Knows requests that an earlier one of the same name answers already; they need no room in the quota.</summary>
public interface IAnswersRepeats<in TRequest, TResponse>
    where TResponse : class
{
    /// <summary>The answer, or null where the request is the first of its name, or has none.</summary>
    Task<TResponse?> FindAnswerAsync(TRequest request, CancellationToken ct);
}
