using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Retention;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>What is kept no longer goes, from the database and from the disk.</summary>
public sealed class RetentionTests
{
    private static readonly DateTimeOffset Old = DateTimeOffset.UtcNow.AddDays(-40);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_nodes_that_run_at_once_remove_each_kind_once_and_nothing_that_lives()
    {
        await using var app = await MusicGenApp.StartAsync(("AUDIO_RETENTION_DAYS", "30"), ("AUDIT_RETENTION_DAYS", "3650"));
        using var ada = await app.RegisterAsync();
        var young = await ada.StartAsync("a bell that stays");
        await ada.WaitAsync(young);
        var old = await ada.StartAsync("a bell that goes");
        await ada.WaitAsync(old);
        await AgeAsync(app, ada, old);

        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => app.InScopeAsync(s => s.GetRequiredService<RetentionRun>().RunAsync(Ct))));

        var gone = runs.SelectMany(r => r).GroupBy(l => l.What, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(l => l.Count), StringComparer.Ordinal);
        Assert.All(runs.SelectMany(r => r), l => Assert.Null(l.Problem));
        foreach (var what in new[] { "registrations", "reset links", "legacy tokens", "personal access tokens", "revocations", "exports", "export files without an export", "mail files", "encoded copies", "tasks' sound without a task" })
            Assert.True(gone[what] >= 1, $"No {what} went.");
        Assert.Equal(0, gone["audit entries"]);
        Assert.True(gone["tasks"] >= 1);
        Assert.Equal("completed", (await ada.TaskAsync(young))["status"]!.GetValue<string>());
        using var lost = await ada.GetAsync($"/api/v1/generate/{old}");
        await lost.MustBeProblemAsync(System.Net.HttpStatusCode.NotFound, "generation.not_found");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(app.Folder, "audio"), $"*{old}*", SearchOption.AllDirectories));
        Assert.NotEmpty(await ada.AudioAsync(young));
        Assert.Contains(young, Assert.Single(Directory.GetFiles(Path.Combine(app.Folder, "audio"), "audio.wav", SearchOption.AllDirectories)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(app.Folder, "audio", "exports")));
        Assert.Equal([Path.Combine(app.Folder, "mail", "young.eml")], Directory.GetFiles(Path.Combine(app.Folder, "mail")));
    }

    // One of each kind, forty days old.
    private static async Task AgeAsync(MusicGenApp app, Browser owner, string task)
    {
        await app.InScopeAsync(async s =>
        {
            var db = s.GetRequiredService<IMusicGenDbContext>();
            var user = await db.Users.SingleAsync(u => u.Username == owner.Username, Ct);
            Assert.True(GenerationId.TryParse(task, out var id));
            await db.Generations.Where(g => g.Id == id).ExecuteUpdateAsync(set => set.SetProperty(g => g.CompletedAt, Old), Ct);
            var export = new DataExport(Guid.CreateVersion7(Old), user.Id, Old);
            export.Complete(1, "hash", Old, TimeSpan.FromHours(72));
            db.DataExports.Add(export);
            db.Registrations.Add(new Registration(Guid.CreateVersion7(Old), Email.Normalise("late@example.org"), "late", "hash", "token", Old));
            db.PasswordResets.Add(new PasswordReset(Guid.CreateVersion7(Old), user.Id, "token", Old));
            db.SpentLegacyTokens.Add(new SpentLegacyToken("jti", Old));
            db.PersonalAccessTokens.Add(new PersonalAccessToken(Guid.CreateVersion7(Old), user.Id, "old", "hash", TokenScopes.Read, null, Old, Old.AddDays(1)));
            db.Revocations.Add(Revocation.OfSession(user.Id, SessionId.New(), Old, Old.AddDays(1)));
            await db.SaveChangesAsync(Ct);
            Write(Path.Combine(app.Folder, "audio", "exports", $"{export.Id}.zip"), Old);
            return true;
        });
        Write(Path.Combine(app.Folder, "audio", "exports", $"{Guid.CreateVersion7()}.zip"), Old);
        var left = GenerationId.New(Old).ToString();
        Write(Path.Combine(app.Folder, "audio", left[^2..], left, "audio.wav"), Old);
        Write(Path.Combine(app.Folder, "audio", "ff", "task", "audio.mp3"), Old);
        Write(Path.Combine(app.Folder, "mail", "old.eml"), Old);
        Write(Path.Combine(app.Folder, "mail", "young.eml"), DateTimeOffset.UtcNow);
    }

    private static void Write(string path, DateTimeOffset at)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "content");
        File.SetLastWriteTimeUtc(path, at.UtcDateTime);
    }
}
