using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Identity;

/// <summary>Two servers of one service: what one ends is dead at the other's next request.</summary>
public sealed class PersonalTokenNodesTests(RedisServers servers)
{
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_token_that_one_node_ends_is_dead_at_the_other(RedisKind kind)
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
            await PersonalTokenTests.StepUpAsync(owner);
            var (ended, kept) = (await PersonalTokenTests.TokenAsync(owner, "read"), await PersonalTokenTests.TokenAsync(owner, "read"));
            await MustBeAsync(two, ended, HttpStatusCode.OK);
            await MustBeAsync(two, kept, HttpStatusCode.OK);
            var id = (await (await owner.GetAsync("/api/auth/tokens")).JsonAsync())["items"]![1]!["id"]!.GetValue<string>();

            using var deleted = await owner.DeleteAsync($"/api/auth/tokens/{id}");
            await deleted.MustBeAsync(HttpStatusCode.NoContent);

            await MustBeAsync(two, ended, HttpStatusCode.Unauthorized);
            await MustBeAsync(one, ended, HttpStatusCode.Unauthorized);
            using var changed = await owner.PostAsync("/api/auth/change-password", new { current_password = owner.Password, new_password = "another teapot in orbit" });
            await changed.MustBeAsync(HttpStatusCode.OK);
            await MustBeAsync(two, kept, HttpStatusCode.Unauthorized);
        }

        folder.Delete(recursive: true);
    }

    private static async Task MustBeAsync(MusicGenApp node, string token, HttpStatusCode status)
    {
        using var script = node.NewBrowser();
        using var answer = await PersonalTokenTests.UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");
        await answer.MustBeAsync(status);
        Assert.Equal(status == HttpStatusCode.OK ? null : "auth.token_invalid", await answer.CodeAsync());
    }
}
