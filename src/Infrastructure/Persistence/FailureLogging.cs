using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MusicGen.Infrastructure.Persistence;

internal static class FailureLogging
{
    /// <summary>
    /// EF logs each failed command as an error before anybody can say that it was expected: a taken username, a race for
    /// one Idempotency-Key. What nobody expects is logged once, at the edge or by the worker, with its trace.
    /// </summary>
    public static DbContextOptionsBuilder LeaveFailuresToCallers(this DbContextOptionsBuilder builder) =>
        builder.ConfigureWarnings(warnings => warnings.Log(
            (RelationalEventId.CommandError, LogLevel.Debug),
            (CoreEventId.SaveChangesFailed, LogLevel.Debug),
            (CoreEventId.OptimisticConcurrencyException, LogLevel.Debug)));
}
