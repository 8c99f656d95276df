using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace MusicGen.Tests.Support;

/// <summary>A database whose answer to a commit is lost, under EF's rule to try such a thing again, as SQL Server has it.</summary>
internal sealed class LostAnswer : SaveChangesInterceptor, IDbTransactionInterceptor
{
    private bool _isNext;

    /// <summary>Commits whose answers were lost.</summary>
    public int Count { get; private set; }

    public static ExecutionStrategy Strategy(ExecutionStrategyDependencies dependencies) => new Again(dependencies);

    /// <summary>The next change is saved, and nobody hears of it.</summary>
    public void LoseNext() => _isNext = true;

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (_isNext)
            eventData.Context!.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        return ValueTask.FromResult(result);
    }

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (!_isNext)
            return Task.CompletedTask;
        _isNext = false;
        Count++;
        throw new TimeoutException("The connection broke before the answer.");
    }

    private sealed class Again(ExecutionStrategyDependencies dependencies) : ExecutionStrategy(dependencies, maxRetryCount: 2, maxRetryDelay: TimeSpan.Zero)
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is TimeoutException;
    }
}
