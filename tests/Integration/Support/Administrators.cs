using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Auditing;

namespace MusicGen.Integration.Support;

/// <summary>What an operator does beside a server, and sees.</summary>
internal static class Administrators
{
    /// <summary>Makes the browser's account an administrator's, as <c>users set-role</c> does.</summary>
    public static async Task PromoteAsync(this MusicGenApp app, Browser browser)
    {
        var promoted = await app.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetRoleCommand(browser.Email, "admin")));
        Assert.True(promoted.IsSuccess);
    }

    /// <summary>A new browser with a new administrator, signed in.</summary>
    public static async Task<Browser> AdministratorAsync(this MusicGenApp app)
    {
        var browser = await app.RegisterAsync();
        await app.PromoteAsync(browser);
        return browser;
    }

    /// <summary>The trail's entries of an action, the oldest first.</summary>
    public static Task<List<AuditEntry>> EntriesAsync(this MusicGenApp app, string action) =>
        app.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().AuditEntries.AsNoTracking()
            .Where(e => e.Action == action).OrderBy(e => e.Sequence).ToListAsync(TestContext.Current.CancellationToken));

    /// <summary>The id of the browser's own session.</summary>
    public static async Task<string> OwnSessionAsync(this Browser browser) =>
        (await browser.GetJsonAsync("/api/auth/sessions"))["items"]!.AsArray().Single(i => i!["current"]!.GetValue<bool>())!["id"]!.GetValue<string>();
}
