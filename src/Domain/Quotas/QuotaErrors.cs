namespace MusicGen.Domain.Quotas;

public static class QuotaErrors
{
    public static Error Exceeded(string window, TimeSpan retryAfter) =>
        new("quota.exceeded", $"Your quota for the {window} is used up. It frees as time passes; see /api/v1/quota.", ErrorKind.Throttled)
        {
            RetryAfter = retryAfter,
        };
}
