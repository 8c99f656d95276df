using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MusicGen.Application.Identity.DownloadExport;
using MusicGen.Application.Identity.ExportAccount;
using MusicGen.Application.Identity.GetExport;
using MusicGen.Application.Identity.ListExports;
using MusicGen.Application.Identity.PurgeExpired;
using MusicGen.Application.Identity.RunExport;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class ExportTests
{
    [Fact]
    public async Task An_export_needs_a_step_up()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        accounts.Caller.SteppedUpAt = accounts.Clock.GetUtcNow() - TimeSpan.FromMinutes(10);

        Assert.Equal("auth.step_up_required", await accounts.RefusalAsync(new ExportAccountCommand()));
        Assert.Empty(accounts.Exports.Enqueued);
    }

    [Fact]
    public async Task One_export_is_open_at_a_time_and_asking_again_is_answered_with_it()
    {
        using var accounts = new AccountHarness();
        var user = accounts.SignIn(accounts.AddUser());

        var first = await accounts.SendAsync(new ExportAccountCommand());
        var again = await accounts.SendAsync(new ExportAccountCommand());
        accounts.Music.Held.Add(new GenerationId(user.Id.Value)); // another request is just about to open one

        Assert.Equal((first.Value.Id, "pending"), (again.Value.Id, again.Value.Status));
        Assert.Equal("service.unavailable", await accounts.RefusalAsync(new ExportAccountCommand()));
        Assert.Equal(first.Value.Id, Assert.Single(accounts.Exports.Enqueued).ToString());
    }

    [Fact]
    public async Task It_holds_the_account_every_task_its_sound_and_the_trail_and_says_what_it_holds()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        var eve = accounts.AddUser("eve@example.org", "eve_name");
        var (done, waiting) = (AddTask(accounts, ada, completed: true), AddTask(accounts, ada, completed: false));
        AddTask(accounts, eve, completed: true);
        AddSecrets(accounts, ada);
        AddEntries(accounts, ada, eve);

        var files = await RunAsync(accounts);

        Assert.Equal(["README.txt", "account.json", $"audio/{done}.wav", "audit.jsonl", "batches.jsonl", "generations.jsonl", "manifest.json"], files.Keys.Order(StringComparer.Ordinal));
        var account = JsonNode.Parse(files["account.json"])!;
        Assert.Equal("ada@example.org", account["user"]!["email"]!.GetValue<string>());
        Assert.Equal("laptop", account["passkeys"]![0]!["name"]!.GetValue<string>());
        Assert.Equal(["read", "generate"], account["personal_access_tokens"]![0]!["scopes"]!.AsArray().Select(s => s!.GetValue<string>()));
        Assert.Equal("Firefox", account["sessions"]![0]!["user_agent"]!.GetValue<string>());
        Assert.Equal(2, account["quota"]!.AsArray().Count);
        var tasks = Lines(files["generations.jsonl"]);
        Assert.Equal([done.ToString(), waiting.ToString()], tasks.Select(t => t["task"]!["task_id"]!.GetValue<string>()));
        Assert.Equal([$"audio/{done}.wav", null], tasks.Select(t => t["audio_file"]?.GetValue<string>()));
        Assert.Equal(("D minor", 72.5), (tasks[0]["task"]!["parameters"]!["key"]!.GetValue<string>(), tasks[0]["task"]!["parameters"]!["tempo"]!.GetValue<double>()));
        Assert.Equal([2L, 3L], Lines(files["audit.jsonl"]).Select(e => e["sequence"]!.GetValue<long>()));
        Assert.All(files.Where(f => f.Key != "README.txt"), f => Assert.DoesNotContain("secret", System.Text.Encoding.UTF8.GetString(f.Value), StringComparison.OrdinalIgnoreCase));
        Assert.All(JsonNode.Parse(files["manifest.json"])!["files"]!.AsArray(), f => Assert.Equal(
            (files[f!["name"]!.GetValue<string>()].LongLength, Convert.ToHexStringLower(SHA256.HashData(files[f["name"]!.GetValue<string>()]))),
            (f["bytes"]!.GetValue<long>(), f["sha256"]!.GetValue<string>())));
    }

    [Fact]
    public async Task When_it_is_complete_its_owner_is_told_and_earlier_ones_go()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        await RunAsync(accounts);
        var earlier = accounts.Exports.Files.Keys.Single();

        await RunAsync(accounts);

        Assert.DoesNotContain(earlier, accounts.Exports.Files.Keys);
        var kept = Assert.Single((await accounts.SendAsync(new ListExportsQuery())).Value.Items);
        Assert.Equal(("completed", 1.0, accounts.Clock.GetUtcNow() + accounts.Exports.Kept), (kept.Status, kept.Progress, kept.ExpiresAt));
        Assert.Equal(("ada@example.org", "Your data is ready"), (accounts.Mailer.Sent[^1].To, accounts.Mailer.Sent[^1].Subject));
    }

    [Fact]
    public async Task Only_its_owner_finds_it_and_only_until_its_time_is_over()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        var id = (await accounts.SendAsync(new ExportAccountCommand())).Value.Id;
        Assert.Equal("export.not_ready", await accounts.RefusalAsync(new DownloadExportQuery(id)));
        await accounts.SendAsync(new RunExportCommand(Guid.Parse(id)));

        accounts.SignIn(accounts.AddUser("eve@example.org", "eve_name"));
        Assert.Equal("export.not_found", await accounts.RefusalAsync(new DownloadExportQuery(id)));
        Assert.Equal("export.not_found", await accounts.RefusalAsync(new GetExportQuery(id)));
        Assert.Empty((await accounts.SendAsync(new ListExportsQuery())).Value.Items);

        accounts.SignIn(ada);
        Assert.Equal("hash", (await accounts.SendAsync(new DownloadExportQuery(id))).Value.Sha256);
        accounts.Clock.Advance(accounts.Exports.Kept);
        Assert.Equal("export.not_found", await accounts.RefusalAsync(new DownloadExportQuery(id)));
        Assert.Equal(1, (await accounts.SendAsync(new PurgeExpiredCommand())).Value.Exports);
        Assert.Empty(accounts.Exports.Files);
    }

    [Fact]
    public async Task A_second_start_does_nothing_while_the_first_runs_and_after_it_has_ended()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        var id = Guid.Parse((await accounts.SendAsync(new ExportAccountCommand())).Value.Id);
        accounts.Music.Held.Add(new GenerationId(id));
        await accounts.SendAsync(new RunExportCommand(id));
        Assert.Empty(accounts.Exports.Files);

        accounts.Music.Held.Clear();
        await accounts.SendAsync(new RunExportCommand(id));
        accounts.Exports.BeforeRename = () => Assert.Fail("It was written twice.");
        await accounts.SendAsync(new RunExportCommand(id));

        Assert.Single(accounts.Exports.Files);
    }

    [Fact]
    public async Task A_fault_on_our_side_fails_it_with_a_code_and_no_more()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        accounts.Exports.BeforeRename = () => throw new IOException("No space left on /srv/secret");

        var id = (await accounts.SendAsync(new ExportAccountCommand())).Value.Id;
        await accounts.SendAsync(new RunExportCommand(Guid.Parse(id)));

        var failed = (await accounts.SendAsync(new GetExportQuery(id))).Value;
        Assert.Equal(("failed", "export.failed"), (failed.Status, failed.Error));
        Assert.Equal("export.not_found", await accounts.RefusalAsync(new DownloadExportQuery(id)));
        Assert.NotEqual(id, (await accounts.SendAsync(new ExportAccountCommand())).Value.Id);
    }

    [Fact]
    public async Task No_file_stays_of_an_export_whose_owner_was_deleted_while_it_was_made()
    {
        using var accounts = new AccountHarness();
        var user = accounts.SignIn(accounts.AddUser());
        accounts.Exports.BeforeRename = () => accounts.InDatabase(db =>
        {
            db.Users.Remove(db.Users.Single(u => u.Id == user.Id));
            db.SaveChanges();
        });

        var id = Guid.Parse((await accounts.SendAsync(new ExportAccountCommand())).Value.Id);
        await accounts.SendAsync(new RunExportCommand(id));

        Assert.Empty(accounts.Exports.Files);
        Assert.DoesNotContain(accounts.Mailer.Sent, m => m.Subject == "Your data is ready");
    }

    private static async Task<Dictionary<string, byte[]>> RunAsync(AccountHarness accounts)
    {
        var id = Guid.Parse((await accounts.SendAsync(new ExportAccountCommand())).Value.Id);
        await accounts.SendAsync(new RunExportCommand(id));
        using var archive = new ZipArchive(new MemoryStream(accounts.Exports.Files[id]));
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            await using var content = await entry.OpenAsync();
            using var bytes = new MemoryStream();
            await content.CopyToAsync(bytes);
            files.Add(entry.FullName, bytes.ToArray());
        }

        return files;
    }

    private static List<JsonNode> Lines(byte[] file) =>
        [.. System.Text.Encoding.UTF8.GetString(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];

    private static GenerationId AddTask(AccountHarness accounts, User owner, bool completed)
    {
        accounts.Clock.Advance(TimeSpan.FromSeconds(1));
        var now = accounts.Clock.GetUtcNow();
        var id = GenerationId.New(now);
        var task = new Generation(
            id, owner.Id, Tier.Free, "calm piano", 10, 42, "composer", "embedded-composer", neural: false,
            new GenerationParameters { Key = "D minor", Tempo = 72.5 }, id.ToString(), now);
        if (completed)
        {
            task.Start(1, now);
            task.Complete(1, 10, 44100, 2, 100, ["calm"], null, now);
        }

        accounts.InDatabase(db =>
        {
            db.Generations.Add(task);
            db.SaveChanges();
        });
        return id;
    }

    private static void AddSecrets(AccountHarness accounts, User user) => accounts.InDatabase(db =>
    {
        var now = accounts.Clock.GetUtcNow();
        db.AuthenticatorApps.Add(new AuthenticatorApp(user.Id, "sealed secret", now));
        db.RecoveryCodes.Add(new RecoveryCode(Guid.CreateVersion7(now), user.Id, "secret hash", now));
        db.Passkeys.Add(new Passkey(Guid.CreateVersion7(now), user.Id, "laptop", new PasskeyCredential([1], [2], 3, "internal", true, true, true, [4], [5]), now));
        db.PersonalAccessTokens.Add(new PersonalAccessToken(
            Guid.CreateVersion7(now), user.Id, "backup", "secret hash", TokenScopes.Read | TokenScopes.Generate, null, now, now.AddDays(1)));
        db.SaveChanges();
    });

    // The first is somebody else's, the second by the user, the third about the user.
    private static void AddEntries(AccountHarness accounts, User user, User other) => accounts.InDatabase(db =>
    {
        var now = accounts.Clock.GetUtcNow();
        db.AuditEntries.Add(new AuditEntry(Record(other.Id.ToString(), null), 1, string.Empty, now));
        db.AuditEntries.Add(new AuditEntry(Record(user.Id.ToString(), null), 2, string.Empty, now));
        db.AuditEntries.Add(new AuditEntry(Record("operator:root", $"user:{user.Id}"), 3, string.Empty, now));
        db.SaveChanges();
    });

    private static AuditRecord Record(string actor, string? subject) =>
        new(Guid.CreateVersion7(), actor, "identity.set_tier", AuditOutcome.Succeeded) { Subject = subject };
}
