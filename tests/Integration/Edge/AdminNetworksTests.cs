using System.Net;
using MusicGen.Domain.Auditing;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>ADMIN_NETWORKS keeps the routes of administrators to some addresses.</summary>
public sealed class AdminNetworksTests
{
    [Fact]
    public async Task From_elsewhere_an_administrator_is_refused_as_whoever_is_none_and_the_trail_tells()
    {
        await using var app = await MusicGenApp.StartAsync(("ADMIN_NETWORKS", "203.0.113.0/24,2001:db8::/32"));
        using var admin = await app.AdministratorAsync();
        using var inside = admin.Copy("203.0.113.9");
        using var insideToo = admin.Copy("2001:db8::9");
        using var outside = admin.Copy("198.51.100.9");

        foreach (var place in new[] { inside, insideToo })
        {
            using var open = await place.GetAsync("/api/v1/admin/users");
            await open.MustBeAsync(HttpStatusCode.OK);
        }

        using (var refused = await outside.GetAsync("/api/v1/admin/users"))
            await refused.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        using (var refused = await outside.GetAsync("/admin/jobs"))
            await refused.MustBeProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        using (var own = await outside.GetAsync("/api/v1/quota"))
            await own.MustBeAsync(HttpStatusCode.OK); // what everybody may do isn't kept to a network
        await app.DisposeHostAsync(); // what waits to be written is
        await app.InitializeAsync();
        var entries = await app.EntriesAsync("edge.role");
        Assert.Equal(["GET api/v1/admin/users", "GET /admin/jobs/{**page}"], entries.Select(e => e.Subject));
        Assert.All(entries, entry => Assert.Equal(("198.51.100.9", "auth.forbidden", AuditOutcome.Denied), (entry.Address, entry.Reason, entry.Outcome)));
    }
}
