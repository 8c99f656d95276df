namespace MusicGen.Domain.Quotas;

/// <summary>What one request costs: one generation and the seconds asked for.</summary>
/// <param name="Id">The same id is charged once, however often it is tried.</param>
/// <param name="AudioSeconds">Seconds of audio, above 0.</param>
public sealed record QuotaCharge(string Id, double AudioSeconds);
