using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Sessions;

/// <summary>The whole server over the embedded Redis, whose folder is put back to what it was before a revocation.</summary>
public sealed class RevocationRestartTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_whose_redis_folder_lost_a_logout_still_refuses_the_session_and_its_token()
    {
        await using var app = await OwnRedisAsync();
        using var browser = await app.RegisterAsync();
        var snapshot = Path.Combine(app.Folder, "snapshot");
        await app.DisposeHostAsync();
        RollbackRedis.CopyFolder(Path.Combine(app.Folder, "redis"), snapshot);
        await app.InitializeAsync();
        using var thief = browser.Copy();
        await MustSayAsync(await thief.GetAsync("/api/auth/sessions"), HttpStatusCode.OK);

        await MustSayAsync(await browser.LogoutAsync(), HttpStatusCode.OK);
        await app.DisposeHostAsync();
        Directory.Delete(Path.Combine(app.Folder, "redis"), recursive: true);
        RollbackRedis.CopyFolder(snapshot, Path.Combine(app.Folder, "redis"));
        await app.InitializeAsync();

        await MustSayAsync(await thief.GetAsync("/api/auth/sessions"), HttpStatusCode.Unauthorized, "auth.session_ended");
        await MustSayAsync(await thief.RefreshAsync(), HttpStatusCode.Unauthorized, "auth.refresh_invalid");
    }

    [Fact]
    public async Task A_server_that_cant_read_its_revocations_refuses_with_503_until_it_can()
    {
        await using var app = await OwnRedisAsync();
        using var browser = await app.RegisterAsync();
        await app.RestartAsync();
        await SqlAsync(app, "ALTER TABLE Revocations RENAME TO Elsewhere");

        await MustSayAsync(await browser.GetAsync("/api/auth/sessions"), HttpStatusCode.ServiceUnavailable, "service.unavailable");

        await SqlAsync(app, "ALTER TABLE Elsewhere RENAME TO Revocations");
        await MustSayAsync(await browser.GetAsync("/api/auth/sessions"), HttpStatusCode.OK);
    }

    [Fact]
    public async Task Rows_are_there_when_the_answer_is_and_go_with_what_they_revoke()
    {
        await using var app = await OwnRedisAsync();
        using var browser = await app.RegisterAsync();

        await MustSayAsync(await browser.LogoutAsync(), HttpStatusCode.OK);

        var rows = await app.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().Revocations.AsNoTracking().ToListAsync(Ct));
        Assert.Equal([RevocationKind.Session, RevocationKind.Token], rows.Select(r => r.Kind).Order());
        var (session, token) = (rows.Single(r => r.Kind == RevocationKind.Session), rows.Single(r => r.Kind == RevocationKind.Token));
        Assert.Equal(TimeSpan.FromDays(90), session.ExpiresAt - session.At);
        Assert.InRange(token.ExpiresAt - token.At, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(16));

        var revocations = app.Services.GetRequiredService<IRevocations>();
        Assert.Equal(0, await revocations.RemoveExpiredAsync(Ct));
        var longAgo = DateTimeOffset.UtcNow.AddDays(-91);
        await app.InScopeAsync(s =>
        {
            var db = s.GetRequiredService<IMusicGenDbContext>();
            db.Revocations.Add(Revocation.OfUser(UserId.New(longAgo), except: null, longAgo, longAgo.AddDays(90)));
            return db.SaveChangesAsync(Ct);
        });
        Assert.Equal(1, await revocations.RemoveExpiredAsync(Ct));
    }

    private static async Task<MusicGenApp> OwnRedisAsync()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("MUSICGEN_TEST_REDIS") is { Length: > 0 }, "This is about the embedded Redis's own folder.");
        Assert.SkipWhen(Environment.GetEnvironmentVariable("MUSICGEN_TEST_SQLSERVER") is { Length: > 0 }, "Its table is renamed in SQLite's words.");
        return await MusicGenApp.StartAsync();
    }

    private static Task<int> SqlAsync(MusicGenApp app, string sql) =>
        app.InScopeAsync(s => ((DbContext)s.GetRequiredService<IMusicGenDbContext>()).Database.ExecuteSqlRawAsync(sql, Ct));

    private static async Task MustSayAsync(HttpResponseMessage answer, HttpStatusCode status, string? code = null)
    {
        using (answer)
        {
            await answer.MustBeAsync(status);
            Assert.Equal(code, await answer.CodeAsync());
        }
    }
}
