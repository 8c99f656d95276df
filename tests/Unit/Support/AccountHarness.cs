using System.Reflection;
using MediatR;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application;
using MusicGen.Application.Auditing;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.ForgotPassword;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Persistence;
using MusicGen.Tests.Support;

namespace MusicGen.Unit.Support;

/// <summary>The accounts with their real pipeline and model (SQLite in memory), over fakes of everything that leaves the process.</summary>
internal sealed class AccountHarness : IDisposable
{
    public const string Password = "correct horse battery staple";

    private readonly SqliteConnection _connection = new("Data Source=:memory:");
    private readonly Meanwhile _meanwhile = new();
    private readonly ServiceProvider _provider;

    public AccountHarness(bool open = true, bool verified = false, SecondFactorFor factors = SecondFactorFor.Nobody)
    {
        _connection.Open();
        var services = new ServiceCollection().AddApplication().AddLogging();
        services.AddDbContext<MusicGenDbContext, SqliteMusicGenDbContext>(builder => builder.UseSqlite(_connection, o => o.ExecutionStrategy(LostAnswer.Strategy)).AddInterceptors(_meanwhile, Questions, Answers));
        services.AddScoped<IMusicGenDbContext>(provider => provider.GetRequiredService<MusicGenDbContext>());
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton(new AccountPolicy(open, verified, "https://music.example.org", factors));
        services.AddSingleton<IPasswordHasher>(Hasher).AddSingleton<ISignInThrottle>(Throttle).AddSingleton<ISessionStore>(Sessions);
        services.AddSingleton<IFactorThrottle>(FactorThrottle).AddSingleton<IChallenges>(Challenges);
        services.AddSingleton<ILegacyTokens>(new LegacyTokens(
            Options.Create(new LegacyOptions { JwtSecret = LegacyTokenMaker.Secret, MigrationUntil = Clock.GetUtcNow().AddDays(40) }), Clock));
        services.AddSingleton<IPasskeyCeremonies>(Passkeys).AddSingleton(_ => Totp);
        services.AddSingleton<IMailer>(Mailer).AddSingleton<IRequestGate>(Gate).AddSingleton<ICurrentUser>(Caller);
        services.AddSingleton<IAccessTokenIssuer>(Tokens).AddSingleton<ITokenBlacklist>(Tokens);
        services.AddSingleton<IMessageAuthenticator>(Tokens).AddSingleton<IBreachedPasswords>(Tokens);
        services.AddSingleton<IAuditTrail>(Trail).AddSingleton<IQuotaLedger>(Ledger);
        services.AddSingleton<IExportFiles>(Exports).AddSingleton<IExportQueue>(Exports).AddSingleton<IAccountTraces>(Exports).AddSingleton<IRevocations>(Exports);
        services.AddSingleton<IGenerationQueue>(Music).AddSingleton<IGenerationLeases>(Music).AddSingleton<IGenerationProgress>(Music).AddSingleton<IAudioStore>(Music);
        _provider = services.BuildServiceProvider(validateScopes: true);
        InDatabase(db => db.Database.EnsureCreated());
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    public QuestionLog Questions { get; } = new();

    public LostAnswer Answers { get; } = new();

    public FakePasswordHasher Hasher { get; } = new();

    public FakeThrottle Throttle { get; } = new();

    public FakeFactorThrottle FactorThrottle { get; } = new();

    public FakeChallenges Challenges { get; } = new();

    public FakePasskeys Passkeys { get; } = new();

    public ITotp Totp { get; init; } = Authenticators.Totp;

    public FakeSessionStore Sessions { get; } = new();

    public FakeMailer Mailer { get; } = new();

    public FakeGate Gate { get; } = new();

    public FakeTokens Tokens { get; } = new();

    public FakeCaller Caller { get; } = new();

    public FakeExportPorts Exports { get; } = new();

    public FakeGenerationPorts Music { get; } = new();

    public FakeQuotaLedger Ledger { get; } = new();

    public RecordingAuditTrail Trail { get; } = new();

    public async Task<Result<T>> SendAsync<T>(IRequest<Result<T>> request)
    {
        await using var scope = _provider.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ISender>().Send(request);
    }

    /// <summary>The error's code of a request that must fail.</summary>
    public async Task<string> RefusalAsync<T>(IRequest<Result<T>> request)
    {
        var result = await SendAsync(request);
        Assert.False(result.IsSuccess);
        return result.Error.Code;
    }

    /// <summary>A user who is in the database, signed in as the caller.</summary>
    public User AddUser(string email = "ada@example.org", string username = "ada_l", string hash = FakePasswordHasher.Today + Password)
    {
        var user = new User(UserId.New(Clock.GetUtcNow()), Email.Normalise(email), username, hash, Clock.GetUtcNow());
        user.Verify();
        InDatabase(db =>
        {
            db.Users.Add(user);
            db.SaveChanges();
        });
        return user;
    }

    /// <summary>Makes a user the caller, in a session of their own that was stepped up a moment ago.</summary>
    public User SignIn(User user)
    {
        (Caller.Id, Caller.Role, Caller.Session) = (user.Id, user.Role, SessionId.New());
        (Caller.SteppedUpAt, Caller.ProvedAt) = (Clock.GetUtcNow(), Clock.GetUtcNow());
        Sessions.Open.Add(new SessionReference(user.Id, Caller.Session.Value));
        return user;
    }

    /// <summary>Asks for a reset link, whose answer waits for the clock.</summary>
    public async Task ForgetPasswordAsync(string email)
    {
        var answer = SendAsync(new ForgotPasswordCommand(email));
        while (!answer.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        Assert.Equal(default(None), (await answer).Value);
    }

    /// <summary>Does something right after the next change was saved, as somebody else would.</summary>
    public void AfterSaving(Action work) => _meanwhile.Work = work;

    /// <summary>Does something right before the next change is saved, when all that it is based on was read.</summary>
    public void BeforeSaving(Func<Task> work) => _meanwhile.Before = work;

    public void InDatabase(Action<MusicGenDbContext> work)
    {
        using var scope = _provider.CreateScope();
        work(scope.ServiceProvider.GetRequiredService<MusicGenDbContext>());
    }

    public T FromDatabase<T>(Func<MusicGenDbContext, T> read)
    {
        using var scope = _provider.CreateScope();
        return read(scope.ServiceProvider.GetRequiredService<MusicGenDbContext>());
    }

    public void Dispose()
    {
        _provider.Dispose();
        _connection.Dispose();
    }
}

internal sealed class Meanwhile : SaveChangesInterceptor
{
    public Action? Work { get; set; }

    public Func<Task>? Before { get; set; }

    public override async ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        var before = Before;
        Before = null;
        if (before is not null)
            await before();
        return result;
    }

    public override ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        var work = Work;
        Work = null;
        work?.Invoke();
        return ValueTask.FromResult(result);
    }
}

/// <summary>Stands where accounts never ask.</summary>
public class NobodyAsks : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException(targetMethod?.Name);
}

internal sealed class RecordingAuditTrail : IAuditTrail
{
    public List<AuditRecord> Entries { get; } = [];

    public Task AppendAsync(AuditRecord record, CancellationToken ct)
    {
        Entries.Add(record);
        return Task.CompletedTask;
    }

    public string HashEmail(string email) => $"hash of {email}";

    public Task<AuditVerification> VerifyAsync(CancellationToken ct) => throw new NotSupportedException();

    public Task<AuditTrim?> TrimAsync(DateTimeOffset before, CancellationToken ct) => throw new NotSupportedException();

    public Task<long?> AdoptAsync(CancellationToken ct) => throw new NotSupportedException();
}
