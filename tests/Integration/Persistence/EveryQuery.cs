using System.Net.Http.Json;
using MediatR;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Auditing.SearchAuditTrail;
using MusicGen.Application.Auditing.VerifyAuditTrail;
using MusicGen.Application.Backups.MakeBackup;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.CancelTask;
using MusicGen.Application.Generations.PurgeMusic;
using MusicGen.Application.Generations.RequeueTask;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.CreateResetLink;
using MusicGen.Application.Identity.CreateUser;
using MusicGen.Application.Identity.DeleteUser;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.EnableUser;
using MusicGen.Application.Identity.EndSessions;
using MusicGen.Application.Identity.ListKeys;
using MusicGen.Application.Identity.ListUsers;
using MusicGen.Application.Identity.RemindOfTokens;
using MusicGen.Application.Identity.RemoveFactors;
using MusicGen.Application.Identity.ResealKeys;
using MusicGen.Application.Identity.RotateKeys;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Application.Nodes.ListQueues;
using MusicGen.Application.Nodes.ListTasks;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Backups;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Identity;
using MusicGen.Infrastructure.Quotas;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Retention;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;
using MusicGen.Tests.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Persistence;

/// <summary>A journey that makes the product ask its database whatever it ever asks.</summary>
internal static class EveryQuery
{
    public static async Task AskAsync(MusicGenApp app)
    {
        await PersonAsync(app);
        await OperatorAsync(app);
        await using var strict = await MusicGenApp.StartAsync(
            ("EMAIL_VERIFICATION", "required"), ("RATE_LIMIT_FREE_BURST", "30"),
            ("AUTH_LEGACY_MIGRATION_UNTIL", DateTimeOffset.UtcNow.AddDays(30).ToString("O")), ("AUTH_LEGACY_JWT_SECRET", LegacyTokenMaker.Secret));
        using var stranger = strict.NewBrowser();
        foreach (var _ in Enumerable.Range(0, 2))
            (await stranger.RegisterAsync("ada@example.org", "ada")).Dispose();
        var first = await strict.TokenAsync("ada@example.org", "/verify-email");
        (await stranger.LoginAsync("ada@example.org")).Dispose(); // sends another link, and the first one works no more
        var token = await strict.TokenAsync("ada@example.org", "/verify-email", other: first);
        using var verified = await stranger.PostAsync("/api/auth/verify-email", new { token });
        await verified.MustBeAsync(System.Net.HttpStatusCode.OK);
        (await stranger.PostAsync("/api/auth/forgot-password", new { email = "ada@example.org" })).Dispose();
        (await stranger.LoginAsync("ada@example.org")).Dispose();
        await BackupAsync(strict, stranger);
        await ScriptsAsync(stranger);
    }

    private static async Task PersonAsync(MusicGenApp app)
    {
        using var person = await app.RegisterAsync();
        using var taken = app.NewBrowser();
        (await taken.RegisterAsync(person.Email, person.Username)).Dispose();
        await app.HashOtherwiseAsync(person.Email, person.Password);
        (await person.LoginAsync()).Dispose();
        (await person.RefreshAsync()).Dispose();
        await person.SessionAsync();
        using var named = await person.GenerateAsync(new { prompt = "calm piano", duration = 1 }, "a-name");
        (await person.GenerateAsync(new { prompt = "calm piano", duration = 1 }, "a-name")).Dispose();
        var task = (await named.JsonAsync())["task_id"]!.GetValue<string>();
        await person.WaitAsync(task);
        foreach (var path in new[] { "", "?status=completed&limit=1", $"/{task}", $"/{task}/events", $"/{task}/audio", $"/{task}/stream", $"/{task}/peaks", $"/{task}/midi" })
            (await person.GetAsync("/api/v1/generate" + path)).Dispose();
        await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetTierCommand(person.Email, "premium"))); // two a minute are used up
        using var onward = await person.GenerateAsync(new { prompt = "goes on", duration = 2, continue_from = task });
        await person.WaitAsync((await onward.JsonAsync())["task_id"]!.GetValue<string>());
        using var batch = await person.PostAsync("/api/v1/generate/batch", new { requests = new[] { new { prompt = "jazz", duration = 1 } } });
        var items = await batch.JsonAsync();
        (await person.GetAsync($"/api/v1/generate/batch/{items["batch_id"]}")).Dispose();
        foreach (var path in new[] { "generate/0190a000-0000-7000-8000-000000000000", "generate/batch/0190a000-0000-7000-8000-000000000000", "account/export/0190a000-0000-7000-8000-000000000000" })
            (await person.GetAsync($"/api/v1/{path}")).Dispose(); // whether it is somebody else's is asked, too
        using (var guesser = app.NewBrowser())
        {
            await GuessingTests.UseUpAsync(app, "nobody-at-all@example.org");
            (await guesser.LoginAsync("nobody-at-all@example.org", "not the password at all")).Dispose(); // its owner is looked for, to be warned
        }

        var page = await (await person.GetAsync("/api/v1/generate?limit=1")).JsonAsync();
        (await person.GetAsync($"/api/v1/generate?limit=1&cursor={page["next_cursor"]}")).Dispose();
        (await person.PostAsync($"/api/v1/generate/{task}/cancel")).Dispose();
        await SendAsync(app, new CancelTaskCommand(task));
        await SendAsync(app, new RequeueTaskCommand(task));
        (await person.DeleteAsync($"/api/v1/generate/{task}")).Dispose();
        await FactorsAsync(app, person);
        await DataAsync(app, person);
        (await person.PostAsync("/api/auth/change-password", new { current_password = person.Password, new_password = "another teapot in orbit" })).Dispose();
        (await person.PostAsync("/api/auth/reset-password", new { token = new string('A', 43), new_password = "another teapot in orbit" })).Dispose();
        (await person.LogoutAsync()).Dispose();
    }

    private static async Task DataAsync(MusicGenApp app, Browser person)
    {
        await person.StepUpAsync();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var export = await AccountDataTests.ExportAsync(person);
            (await person.GetAsync($"/api/v1/account/export/{export}")).Dispose();
        }

        (await person.GetAsync("/api/v1/account/export")).Dispose();
        await app.InScopeAsync(async s =>
        {
            var charge = $"{(await person.SessionAsync())["user"]!["id"]}|of nothing"; // as a process left it that died
            await s.GetRequiredService<IDatabase>().SortedSetAddAsync(RedisKeys.OpenCharges, charge, 0);
            await s.GetRequiredService<ChargeReckoning>().HoldAsync(TestContext.Current.CancellationToken);
            return true;
        });
        await SendAsync(app, new SetRoleCommand(person.Email, "admin"));
        var id = (await person.SessionAsync())["user"]!["id"]!.GetValue<string>();
        (await person.SendAsync(HttpMethod.Patch, $"/api/v1/admin/users/{id}", JsonContent.Create(new { role = "user" }))).Dispose();
        (await person.PostAsync("/api/v1/account/delete", new { password = "not the password at all" })).Dispose();
    }

    // What is missing is looked for in the database, and so is what an interrupted restore has placed.
    private static async Task BackupAsync(MusicGenApp app, Browser person)
    {
        var ct = TestContext.Current.CancellationToken;
        var task = await person.StartAsync("calm piano");
        await person.WaitAsync(task);
        await person.StepUpAsync();
        var export = await AccountDataTests.ExportAsync(person);
        var folder = Directory.CreateTempSubdirectory("musicgen-asked-").FullName;
        await app.InScopeAsync(async s =>
        {
            await s.GetRequiredService<IAudioStore>().DeleteAsync(new GenerationId(Guid.Parse(task)), ct);
            await s.GetRequiredService<IExportFiles>().DeleteAsync(Guid.Parse(export), ct);
            var made = await s.GetRequiredService<ISender>().Send(new MakeBackupCommand(folder, Sessions: false, new Progress<StepsDone>()), ct);
            Assert.Equal(3, made.Value.Problems.Count);
            var backup = await BackupReader.OpenAsync(folder, s.GetRequiredService<SecretKeys>(), ct);
            await s.GetRequiredService<RowTransfer>().PlaceAsync(backup.Value, ct);
            return true;
        });
        Directory.Delete(folder, recursive: true);
    }

    private static async Task ScriptsAsync(Browser person)
    {
        await PersonalTokenTests.StepUpAsync(person);
        foreach (var last in new[] { false, true })
        {
            var token = await PersonalTokenTests.TokenAsync(person, "read");
            (await PersonalTokenTests.UseAsync(person, token, HttpMethod.Get, "/api/v1/quota")).Dispose();
            var tokens = await (await person.GetAsync("/api/auth/tokens")).JsonAsync();
            if (last)
                (await person.DeleteAsync($"/api/auth/tokens/{tokens["items"]![0]!["id"]}")).Dispose();
        }

        var original = new LegacyTokenMaker(LegacyTokenMaker.Secret, DateTimeOffset.UtcNow);
        using var migrant = new Browser(person.Server);
        using var migrated = await migrant.PostAsync("/api/auth/migrate", new { access_token = original.Sign(original.Access(person.Email)), refresh_token = original.Sign(original.Refresh()) });
        await migrated.MustBeAsync(System.Net.HttpStatusCode.OK);

        // Last: it ends the original's tokens that were issued before, too.
        (await person.PostAsync("/api/auth/logout-all", new { keep_current = true, end_tokens = true })).Dispose();
    }

    private static async Task FactorsAsync(MusicGenApp app, Browser person)
    {
        await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetTierCommand(person.Email, "enterprise"))); // a burst of five is soon used up
        var factors = await person.EnableTotpAsync();
        (await person.PostAsync("/api/auth/factors/totp")).Dispose();
        (await person.GetAsync("/api/auth/factors")).Dispose();
        (await person.PostAsync("/api/auth/passkeys/options")).Dispose();
        (await person.PostAsync("/api/auth/step-up/options")).Dispose();
        (await person.PostAsync("/api/auth/step-up", new { password = person.Password, code = factors.Code() })).Dispose();
        using var phone = app.NewBrowser();
        var challenge = await phone.ChallengeAsync(person.Email);
        (await phone.PostAsync("/api/auth/login/second-factor/options", new { challenge })).Dispose();
        using var signedIn = await phone.SecondFactorAsync(challenge, recoveryCode: factors.RecoveryCodes[0]);
        await signedIn.MustBeAsync(System.Net.HttpStatusCode.OK);
        (await person.PostAsync("/api/auth/factors/recovery-codes")).Dispose();
        (await person.DeleteAsync("/api/auth/passkeys/0190a000-0000-7000-8000-000000000000")).Dispose();
        (await person.DeleteAsync("/api/auth/factors/totp")).Dispose();

        // What only a browser's authenticator makes the framework ask.
        var ct = TestContext.Current.CancellationToken;
        await app.InScopeAsync(async s =>
        {
            var store = (IUserPasskeyStore<User>)s.GetRequiredService<IUserStore<User>>();
            var user = await store.FindByNameAsync(Username.Key(person.Username), ct);
            await store.FindByIdAsync(user!.Id.ToString(), ct);
            await store.FindByPasskeyIdAsync([1, 2, 3], ct);
            await store.FindPasskeyAsync(user, [1, 2, 3], ct);
            return await store.GetPasskeysAsync(user, ct);
        });
    }

    private static async Task OperatorAsync(MusicGenApp app)
    {
        var name = $"op{Guid.CreateVersion7():N}"[..20];
        var email = $"{name}@example.org";
        await SendAsync(app, new CreateUserCommand(email, name, "violet teapot orbits slowly", "user", "free"));
        await SendAsync(app, new SetTierCommand(email, "premium"));
        await SendAsync(app, new SetRoleCommand(email, "admin"));
        await SendAsync(app, new DisableUserCommand(email));
        await SendAsync(app, new EnableUserCommand(email));
        await SendAsync(app, new EndSessionsCommand(email));
        await SendAsync(app, new RemoveFactorsCommand(email));
        await SendAsync(app, new ResealKeysCommand());
        await SendAsync(app, new RemindOfTokensCommand());
        await SendAsync(app, new CreateResetLinkCommand(email));
        await SendAsync(app, new ListUsersQuery(1));
        await SendAsync(app, new ListUsersQuery(1, "a"));
        await SendAsync(app, new ListUsersQuery(1, Q: name[..10]));
        var (left, old) = ($"{Guid.CreateVersion7()}", DateTime.UtcNow.AddDays(-2));
        foreach (var path in new[] { $"{left[^2..]}/{left}/audio.wav", $"exports/{left}.zip" })
        {
            var file = new FileInfo(Path.Combine(app.Folder, "audio", path)); // as a worker left it that died
            file.Directory!.Create();
            await file.Create().DisposeAsync();
            file.LastWriteTimeUtc = old;
        }

        await app.InScopeAsync(async s =>
        {
            await s.GetRequiredService<AccountSweep>().FreeExportsAsync(TestContext.Current.CancellationToken);
            return await s.GetRequiredService<RetentionRun>().RunAsync(TestContext.Current.CancellationToken);
        });
        await app.InScopeAsync(async s =>
        {
            var (sweep, ct) = (s.GetRequiredService<GenerationSweep>(), TestContext.Current.CancellationToken);
            await sweep.FollowRecentEndsAsync(TimeSpan.FromHours(1), ct);
            await sweep.FreeAbandonedAsync(ct);
            await sweep.FreeAsync(GenerationId.New(DateTimeOffset.UtcNow), 1, ct);
            await sweep.FailOrphansAsync(ct);
            await sweep.FailOrphansOfAsync("no/such", ct);
            await sweep.RefillAsync(Tier.Free, "no/such", ct);
            return await sweep.RefillQueuesAsync(ShortQueues.None, ct);
        });
        await SendAsync(app, new PurgeMusicCommand(DateTimeOffset.UtcNow.AddDays(-1000), DateTimeOffset.UtcNow.AddDays(-1000)));
        await SendAsync(app, new DeleteUserCommand(email));
        await SendAsync(app, new ListKeysQuery());
        await SendAsync(app, new ListQueuesQuery());
        var tasks = await SendAsync(app, new ListTasksQuery(1));
        await SendAsync(app, new ListTasksQuery(1, tasks.Value.NextCursor, "failed"));
        await SendAsync(app, new ListTasksQuery(1, Order: "oldest"));
        await SendAsync(app, new ListTasksQuery(1, tasks.Value.NextCursor, Order: "oldest"));
        await SendAsync(app, new RotateKeysCommand());
        await SendAsync(app, new SearchAuditTrailQuery { Action = "identity.login", Actor = "anonymous" });
        await SendAsync(app, new VerifyAuditTrailCommand());
    }

    private static Task<T> SendAsync<T>(MusicGenApp app, IRequest<T> request) =>
        app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(request, TestContext.Current.CancellationToken));
}
