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
