using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MusicGen.Application;
using MusicGen.Application.Auditing;
using MusicGen.Application.Identity;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Pipeline;

/// <summary>A command that can be valid or not, costs something, and does what a test says.</summary>
[AuditAction("tests.probe", SuccessEvent = "probe_success", FailureEvent = "probe_failed")]
public sealed record ProbeCommand(string Title, string Email) : ICommand<string>, IConsumesQuota, IAuditedEmail, IAuditedSubject
{
    public QuotaCharge Charge => new("probe-charge", 12.5);

    public string? AuditSubject => "probe:1";
}

[AuditAction("tests.sensitive")]
public sealed record SensitiveCommand : ICommand<string>, IRequiresStepUp;

internal sealed class ProbeCommandValidator : AbstractValidator<ProbeCommand>
{
    public ProbeCommandValidator() => RuleFor(c => c.Title).NotEmpty();
}

/// <summary>The real pipeline around a handler of the test's, over ports that remember what they were asked.</summary>
internal sealed class PipelineHarness : IAuditTrail, IQuotaLedger, ICurrentUser, ILoggerProvider, ILogger
{
    private readonly ServiceProvider _provider;

    public PipelineHarness()
    {
        var services = new ServiceCollection();
        services.AddApplication();
        foreach (var known in services.Where(s => s.ServiceType.IsGenericType && s.ServiceType.GetGenericTypeDefinition() == typeof(IAnswersRepeats<,>)).ToList())
            services.Remove(known); // handlers, which need a database
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IAuditTrail>(this).AddSingleton<IQuotaLedger>(this).AddSingleton<ICurrentUser>(this);
        services.AddSingleton<IBreachedPasswords>(new FakeTokens());
        services.AddSingleton<IValidator<ProbeCommand>, ProbeCommandValidator>();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this));
        _provider = services.BuildServiceProvider();
    }

    public List<AuditRecord> Entries { get; } = [];

    public List<string> Lines { get; } = [];

    public List<QuotaCharge> Charged { get; } = [];

    public List<string> Kept { get; } = [];

    public List<string> GivenUp { get; } = [];

    public Error? QuotaRefusal { get; init; }

    public Exception? TrailFailure { get; set; }

    public UserId? Id { get; } = new UserId(Guid.Parse("0197a1b2-0000-7000-8000-000000000001"));

    public Role Role => Role.User;

    public Tier Tier => Tier.Free;

    public SessionId? Session => null;

    public DateTimeOffset? SteppedUpAt { get; init; } = TimeProvider.System.GetUtcNow();

    public AccessTokenIdentity? AccessToken => null;

    public string Actor => Id.ToString()!;

    public string? Address => "203.0.113.7";

    public string? UserAgent => null;

    public string? DeviceCookie => null;

    public string? TraceId => "trace-1";

    /// <summary>Runs a request through every behaviour that MediatR would resolve for it, in its order.</summary>
    public async Task<TResponse> SendAsync<TRequest, TResponse>(TRequest request, Func<Task<TResponse>> handler)
        where TRequest : notnull
    {
        using var scope = _provider.CreateScope();
        RequestHandlerDelegate<TResponse> next = _ => handler();
        foreach (var behavior in scope.ServiceProvider.GetServices<IPipelineBehavior<TRequest, TResponse>>().Reverse())
        {
            var inner = next;
            next = ct => behavior.Handle(request, inner, ct);
        }

        return await next(CancellationToken.None);
    }

    public List<object?> Resolve(Type service)
    {
        using var scope = _provider.CreateScope();
        return [.. scope.ServiceProvider.GetServices(service)];
    }

    public Task<Result<string>> ProbeAsync(ProbeCommand command, Func<Task<Result<string>>>? handler = null) =>
        SendAsync(command, handler ?? (() => Task.FromResult<Result<string>>("done")));

    public Task AppendAsync(AuditRecord record, CancellationToken ct)
    {
        if (TrailFailure is not null)
            throw TrailFailure;
        Entries.Add(record);
        return Task.CompletedTask;
    }

    public string HashEmail(string email) => "hash-of-" + email.Length;

    public Task<AuditVerification> VerifyAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();

    public Task<long?> AdoptAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task<QuotaLease> AcquireAsync(UserId user, Tier tier, QuotaCharge charge, CancellationToken ct)
    {
        Charged.Add(charge);
        return Task.FromResult(new QuotaLease(QuotaRefusal, IsNew: QuotaRefusal is null));
    }

    public Task KeepAsync(UserId user, string chargeId)
    {
        Kept.Add(chargeId);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<OpenCharge>> ListOpenAsync(TimeSpan age, CancellationToken ct) => throw new NotSupportedException();

    public Task SettleAsync(UserId user, string chargeId, double audioSecondsMade, CancellationToken ct) => throw new NotSupportedException();

    public Task GiveUpAsync(UserId user, string chargeId, CancellationToken ct)
    {
        GivenUp.Add(chargeId);
        return Task.CompletedTask;
    }

    public Task ReleaseAsync(UserId user, string chargeId, CancellationToken ct) => throw new NotSupportedException();

    public Task RefundAsync(UserId user, string chargeId, CancellationToken ct) => throw new NotSupportedException();

    public Task DetachAsync(UserId user, string chargeId, CancellationToken ct) => throw new NotSupportedException();

    public Task<QuotaUsage> GetUsageAsync(UserId user, Tier tier, CancellationToken ct) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add(formatter(state, exception));

    public void Dispose() => _provider.Dispose();
}
