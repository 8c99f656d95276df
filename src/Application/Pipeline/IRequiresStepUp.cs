namespace MusicGen.Application.Pipeline;

/// <summary>A command so sensitive that its sender must have proved a moment ago, once more, who they are (ASVS 7.5.3).</summary>
public interface IRequiresStepUp;

/// <summary>How long a step-up holds.</summary>
public static class StepUp
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Whether the caller's last one still holds.</summary>
    public static bool IsFresh(DateTimeOffset? steppedUpAt, DateTimeOffset now) => steppedUpAt is { } at && now - at < Lifetime;
}
