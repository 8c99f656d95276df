using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Auditing.VerifyAuditTrail;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Identity;

/// <summary>People's data over the wire: all of it as a file, and its end.</summary>
public sealed class AccountDataTests(MusicGenApp app)
{
    private const string Export = "/api/v1/account/export";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_export_is_asked_for_followed_and_downloaded_whole_or_in_ranges_by_its_owner_alone()
    {
        using var ada = await app.RegisterAsync();
        var task = await ada.StartAsync("a bell in the morning");
        await ada.WaitAsync(task);
        using var early = await ada.PostAsync(Export);
        await early.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.step_up_required");

        await ada.StepUpAsync();
        var id = await ExportAsync(ada);
        using var whole = await ada.GetAsync($"{Export}/{id}");
        await whole.MustBeAsync(HttpStatusCode.OK);
        var zip = await whole.Content.ReadAsByteArrayAsync(Ct);
        var status = await (await ada.GetAsync($"{Export}/{id}/status")).JsonAsync();

        Assert.Equal(("application/zip", "no-store"), (whole.Content.Headers.ContentType!.MediaType, whole.Header("Cache-Control")));
        Assert.StartsWith("attachment; filename=\"musicgen-export-", whole.Header("Content-Disposition"), StringComparison.Ordinal);
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(zip))}\"", whole.Header("ETag"));
        Assert.Equal((zip.Length, Convert.ToHexStringLower(SHA256.HashData(zip))), (status["bytes"]!.GetValue<int>(), status["sha256"]!.GetValue<string>()));
        using var archive = new ZipArchive(new MemoryStream(zip));
        using var audio = new MemoryStream();
        await using (var entry = await archive.GetEntry($"audio/{task}.wav")!.OpenAsync(Ct))
            await entry.CopyToAsync(audio, Ct);
        Assert.Equal(await ada.AudioAsync(task), audio.ToArray());

        using var part = await ada.SendAsync(HttpMethod.Get, $"{Export}/{id}", headers: [("Range", "bytes=10-19")]);
        await part.MustBeAsync(HttpStatusCode.PartialContent);
        Assert.Equal(zip[10..20], await part.Content.ReadAsByteArrayAsync(Ct));
        using var head = await ada.SendAsync(HttpMethod.Head, $"{Export}/{id}");
        await head.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal((zip.Length, whole.Header("ETag")), ((int)head.Content.Headers.ContentLength!, head.Header("ETag")));
        using var beyond = await ada.SendAsync(HttpMethod.Get, $"{Export}/{id}", headers: [("Range", "bytes=99999999-")]);
        await beyond.MustBeProblemAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "audio.range");

        using var eve = await app.RegisterAsync();
        foreach (var path in new[] { $"{Export}/{id}", $"{Export}/{id}/status", $"{Export}/nonsense", $"{Export}/nonsense/status" })
        {
            using var refused = await eve.GetAsync(path);
            await refused.MustBeProblemAsync(HttpStatusCode.NotFound, "export.not_found");
        }

        Assert.Empty((await (await eve.GetAsync(Export)).JsonAsync())["items"]!.AsArray());
        Assert.Equal(id, Assert.Single((await (await ada.GetAsync(Export)).JsonAsync())["items"]!.AsArray())!["id"]!.GetValue<string>());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(app.Folder, "audio", "exports", $"{id}.zip")));
    }

    [Fact]
    public async Task Many_requests_at_once_open_one_export()
    {
        using var ada = await app.RegisterAsync();
        await ada.StepUpAsync();
        var tabs = Enumerable.Range(0, 5).Select(_ => ada.Copy()).ToList();

        var answers = await Task.WhenAll(tabs.Select(t => t.PostAsync(Export)));

        foreach (var answer in answers.Where(a => a.StatusCode != HttpStatusCode.Accepted))
            Assert.Contains(await answer.CodeAsync(), new[] { "service.unavailable", "rate_limit.exceeded" });
        var ids = await Task.WhenAll(answers.Where(a => a.StatusCode == HttpStatusCode.Accepted).Select(async a => (await a.JsonAsync())["id"]!.GetValue<string>()));
        var rows = await app.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().DataExports
            .Where(e => s.GetRequiredService<IMusicGenDbContext>().Users.Any(u => u.Id == e.UserId && u.Username == ada.Username)).CountAsync(Ct));
        Assert.NotEmpty(ids);
        Assert.True(rows <= ids.Distinct(StringComparer.Ordinal).Count(), $"{rows} exports for {ids.Length} answers"); // an ended one may be followed by another
        tabs.ForEach(t => t.Dispose());
    }

    [Fact]
    public async Task A_deleted_account_is_gone_everywhere_and_its_name_is_free()
    {
        using var ada = await app.RegisterAsync();
        var task = await ada.StartAsync("a bell in the evening");
        await ada.WaitAsync(task);
        await ada.StepUpAsync();
        var export = await ExportAsync(ada);
        using var made = await ada.PostAsync("/api/auth/tokens", new { name = "backup", scopes = new[] { "read" }, expires_in_days = 1 });
        var token = (await made.JsonAsync())["token"]!.GetValue<string>();
        using var phone = app.NewBrowser();
        (await phone.LoginAsync(ada.Email)).Dispose();
        var id = await UserIdAsync(ada.Username);

        using var wrong = await ada.PostAsync("/api/v1/account/delete", new { password = "not the password at all" });
        await wrong.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using var deleted = await ada.PostAsync("/api/v1/account/delete", new { password = ada.Password });
        await deleted.MustBeAsync(HttpStatusCode.OK);

        var receipt = (await deleted.JsonAsync())["receipt"]!;
        Assert.Equal((id.ToString(), 1, 2, 2, 1), (
            receipt["user_id"]!.GetValue<string>(), receipt["tasks"]!.GetValue<int>(), receipt["audio_files"]!.GetValue<int>(),
            receipt["sessions"]!.GetValue<int>(), receipt["tokens"]!.GetValue<int>()));
        Assert.Null(ada.Cookie("auth_token"));
        Assert.False((await ada.SessionAsync())["authenticated"]!.GetValue<bool>());
        using var next = await phone.GetAsync("/api/v1/generate");
        await next.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.session_ended");
        using var script = await PersonalTokenTests.UseAsync(phone, token, HttpMethod.Get, "/api/v1/quota");
        await script.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
        using var login = await phone.LoginAsync(ada.Email);
        await login.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(app.Folder, "audio"), $"*{task}*", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(app.Folder, "audio", "exports", $"{export}.zip")));
        Assert.Equal(0, await app.InScopeAsync(s => CountAsync(s.GetRequiredService<IMusicGenDbContext>(), id)));
        Assert.Equal([], await KeysOfAsync(id));

        // The trail is whole and says what happened, without the address.
        Assert.Null((await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new VerifyAuditTrailCommand(), Ct))).Value.Problem);
        var entry = await app.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().AuditEntries
            .SingleAsync(e => e.Action == "identity.delete_account" && e.Subject == $"user:{id}", Ct));
        Assert.Equal(id.ToString(), entry.Actor);
        using var newcomer = app.NewBrowser();
        using var again = await newcomer.RegisterAsync(ada.Email, ada.Username);
        await again.MustBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task What_a_dead_process_left_is_ended_by_the_sweep()
    {
        using var ada = await app.RegisterAsync();
        using var eve = await app.RegisterAsync();
        var (half, owner) = (await UserIdAsync(ada.Username), await UserIdAsync(eve.Username));
        var export = new DataExport(Guid.CreateVersion7(), owner, DateTimeOffset.UtcNow);
        export.Advance(0.5);
        var tooOld = new DataExport(Guid.CreateVersion7(), owner, DateTimeOffset.UtcNow - DataExport.Patience);
        await app.InScopeAsync(async s =>
        {
            var db = s.GetRequiredService<IMusicGenDbContext>();
            (await db.Users.SingleAsync(u => u.Id == half, Ct)).StartDeletion(DateTimeOffset.UtcNow - AccountSweep.DeletionPatience);
            db.DataExports.AddRange(export, tooOld);
            return await db.SaveChangesAsync(Ct);
        });

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => app.InScopeAsync(async s =>
        {
            await s.GetRequiredService<AccountSweep>().FinishDeletionsAsync(Ct);
            await s.GetRequiredService<AccountSweep>().FreeExportsAsync(Ct);
            return true;
        })));

        Assert.Equal(0, await app.InScopeAsync(s => CountAsync(s.GetRequiredService<IMusicGenDbContext>(), half)));
        Assert.Equal("completed", (await UntilEndedAsync(eve, export.Id.ToString()))["status"]!.GetValue<string>());
        var failed = await app.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().DataExports.AsNoTracking().SingleOrDefaultAsync(e => e.Id == tooOld.Id, Ct));
        Assert.True(failed is null or { Status: ExportStatus.Failed, Error: DataExport.Interrupted }); // gone once the other was complete
    }

    internal static async Task<string> ExportAsync(Browser browser)
    {
        using var accepted = await browser.PostAsync(Export);
        await accepted.MustBeAsync(HttpStatusCode.Accepted);
        var id = (await accepted.JsonAsync())["id"]!.GetValue<string>();
        Assert.Equal($"{Export}/{id}/status", accepted.Headers.Location!.OriginalString);
        Assert.Equal("completed", (await UntilEndedAsync(browser, id))["status"]!.GetValue<string>());
        return id;
    }

    internal static async Task<JsonNode> UntilEndedAsync(Browser browser, string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var status = await (await browser.GetAsync($"{Export}/{id}/status")).JsonAsync();
            if (status["status"]?.GetValue<string>() is "completed" or "failed")
                return status;
            Assert.False(patience.IsCancellationRequested, $"The export has not ended in time: {status.ToJsonString()}");
            await Task.Delay(250, Ct); // within the limit of a minute, however long it takes
        }
    }

    private static async Task<int> CountAsync(IMusicGenDbContext db, UserId id) =>
        await db.Users.CountAsync(u => u.Id == id, Ct) + await db.Generations.CountAsync(g => g.UserId == id, Ct) + await db.Batches.CountAsync(b => b.UserId == id, Ct)
        + await db.DataExports.CountAsync(e => e.UserId == id, Ct) + await db.PersonalAccessTokens.CountAsync(t => t.UserId == id, Ct);

    private Task<UserId> UserIdAsync(string username) => app.InScopeAsync(s =>
        s.GetRequiredService<IMusicGenDbContext>().Users.Where(u => u.Username == username).Select(u => u.Id).SingleAsync(Ct));

    // But for what keeps ended tokens and sessions ended, which names an id and nothing else.
    private async Task<List<string>> KeysOfAsync(UserId id)
    {
        var keys = new List<string>();
        var redis = app.Services.GetRequiredService<IConnectionMultiplexer>();
        await foreach (var key in redis.GetServers()[0].KeysAsync(redis.GetDatabase().Database, $"mg:{{{id}}}:*"))
            keys.Add(key.ToString());
        return [.. keys.Where(k => !k.Contains(":revoked:", StringComparison.Ordinal))];
    }
}
