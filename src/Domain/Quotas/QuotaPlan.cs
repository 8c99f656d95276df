namespace MusicGen.Domain.Quotas;

/// <summary>What a tier may make in rolling windows.</summary>
public sealed record QuotaPlan(int GenerationsPerMinute, int GenerationsPerHour, int GenerationsPerDay, int AudioSecondsPerDay);
