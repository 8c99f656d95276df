using System.Net;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Domain;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Two servers of one service: what one changes about an account holds at the other's next request.</summary>
public sealed class AccountNodesTests(RedisServers servers)
{
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_change_of_tier_role_or_password_and_a_ban_are_in_force_on_the_next_request_of_every_node(RedisKind kind)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-nodes-");
        (string, string)[] shared =
        [
            ("REDIS_URL", await servers.ConnectionStringAsync(kind)), ("JWT_SECRET_KEY", "c8Qv2mX9tLk4RwZp8Ys1Nf6Hd3Jc5GaE0uTiOoVf"),
            ("DATABASE_URL", $"Data Source={Path.Combine(folder.FullName, "shared.db")}"), ("DATABASE_PROVIDER", "sqlite"), ("RATE_LIMIT_FREE_BURST", "30"),
        ];
        await using (var one = await MusicGenApp.StartAsync(shared))
        await using (var two = await MusicGenApp.StartAsync(shared))
        {
            using var owner = await one.RegisterAsync();
            using var phone = two.NewBrowser();
            using (var signedIn = await phone.LoginAsync(owner.Email))
                await signedIn.MustBeAsync(HttpStatusCode.OK);
            Assert.Equal("free", (await GetAsync(owner, two, "/api/v1/quota", null)).Header("X-RateLimit-Tier"));

            await SendAsync(one, new SetTierCommand(owner.Email, "enterprise"));
            Assert.Equal("enterprise", (await GetAsync(owner, two, "/api/v1/quota", null)).Header("X-RateLimit-Tier"));
            Assert.Equal("enterprise", (await GetAsync(phone, two, "/api/v1/quota", null)).Header("X-RateLimit-Tier"));

            await SendAsync(one, new SetRoleCommand(owner.Email, "admin"));
            await GetAsync(owner, two, "/api/v1/admin/users", null);
            await SendAsync(one, new SetRoleCommand(owner.Email, "user"));
            await GetAsync(owner, two, "/api/v1/admin/users", "auth.forbidden");

            using (var changed = await owner.PostAsync("/api/auth/change-password", new { current_password = owner.Password, new_password = "another teapot in orbit" }))
                await changed.MustBeAsync(HttpStatusCode.OK);
            await GetAsync(phone, two, "/api/v1/quota", "auth.session_ended");
            await GetAsync(phone, one, "/api/v1/quota", "auth.session_ended");
            await GetAsync(owner, two, "/api/v1/quota", null);

            await SendAsync(one, new DisableUserCommand(owner.Email));
            await GetAsync(owner, two, "/api/v1/quota", "auth.session_ended");
            await GetAsync(owner, one, "/api/v1/quota", "auth.session_ended");
        }

        folder.Delete(recursive: true);
    }

    private static Task<Result<T>> SendAsync<T>(MusicGenApp node, IRequest<Result<T>> command) => node.InScopeAsync(async s =>
    {
        var result = await s.GetRequiredService<ISender>().Send(command, TestContext.Current.CancellationToken);
        Assert.True(result.IsSuccess);
        return result;
    });

    private static async Task<HttpResponseMessage> GetAsync(Browser browser, MusicGenApp node, string path, string? refusal)
    {
        var answer = await browser.GetAsync(new Uri(node.Address, path).ToString());
        Assert.Equal(refusal, await answer.CodeAsync());
        if (refusal is null)
            await answer.MustBeAsync(HttpStatusCode.OK);
        return answer;
    }
}
