using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Integration.Support;
using StackExchange.Redis;

namespace MusicGen.Integration.Redis;

public sealed class DurabilityTests
{
    private const string FolderVariable = "MUSICGEN_TEST_DYING_SERVER";

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Everything_is_there_after_a_stop_and_a_start_on_the_same_folder(RedisKind kind)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-durable-").FullName;
        var user = SessionNode.NewUser();
        Left left;
        await using (var server = await RunningRedis.StartAsync(kind, folder))
            left = await LeaveAsync(server.ConnectionString, user);

        await using (var server = await RunningRedis.StartAsync(kind, folder))
            await FindAsync(server.ConnectionString, left);

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Redis_server_keeps_what_it_answered_when_it_is_killed_right_after()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-durable-").FullName;
        Left left;
        await using (var server = await RunningRedis.StartAsync(RedisKind.Redis, folder))
        {
            left = await LeaveAsync(server.ConnectionString, SessionNode.NewUser());
            await server.KillAsync();
        }

        await using (var server = await RunningRedis.StartAsync(RedisKind.Redis, folder))
            await FindAsync(server.ConnectionString, left);

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("fail-fast")]
    [InlineData("kill")]
    public async Task The_embedded_server_keeps_what_it_answered_when_its_process_dies_right_after(string death)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-durable-").FullName;
        for (var life = 0; life < 3; life++)
        {
            var left = await LiveAndDieAsync(folder, death);

            await using var server = await RunningRedis.StartAsync(RedisKind.Garnet, Path.Combine(folder, "redis"));
            await FindAsync(server.ConnectionString, left);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Not a test but the child process of the one above: it opens a session and dies with the answer in hand.</summary>
    [Fact(Explicit = true)]
    public async Task A_server_that_dies()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, "Only the durability tests start this one.");
        await using var server = await RunningRedis.StartAsync(RedisKind.Garnet, Path.Combine(folder, "redis"));
        var left = await LeaveAsync(server.ConnectionString, SessionNode.NewUser());

        // The note is written first and renamed, so whoever sees it sees all of it; then this process is as good as dead.
        var note = Path.Combine(folder, "left.json");
        File.WriteAllText(note + ".new", JsonSerializer.Serialize(left));
        File.Move(note + ".new", note, overwrite: true);
        if (File.Exists(Path.Combine(folder, "kill")))
            Thread.Sleep(Timeout.Infinite);
        Environment.FailFast("As the test wants it.");
    }

    [Fact]
    public async Task Nothing_vanishes_when_there_is_more_than_memory_holds()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-durable-").FullName;
        Left left;
        await using (var server = await RunningRedis.StartAsync(RedisKind.Garnet, folder))
        {
            left = await LeaveAsync(server.ConnectionString, SessionNode.NewUser());
            await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(server.ConnectionString));
            var payload = new string('x', 10_000);
            for (var batch = 0; batch < 60; batch++)
                await Task.WhenAll(Enumerable.Range(0, 100).Select(i => redis.GetDatabase().StringSetAsync($"filler:{batch}:{i}", payload, TimeSpan.FromHours(1))));
            await FindAsync(server.ConnectionString, left with { Rotations = 0 });
        }

        await using (var server = await RunningRedis.StartAsync(RedisKind.Garnet, folder))
            Assert.True(await AliveAsync(server.ConnectionString, left));

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Each_start_has_a_new_password_and_nobody_gets_in_without_it()
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-durable-").FullName;
        string first;
        await using (var server = await EmbeddedRedis.StartAsync(folder, NullLoggerFactory.Instance, CancellationToken.None))
        {
            first = server.Password;
            Assert.Equal("127.0.0.1", server.EndPoint.Address.ToString());
            await using var stranger = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse($"redis://{server.EndPoint}"));

            var refusal = await Assert.ThrowsAnyAsync<RedisException>(() => stranger.GetDatabase().StringGetAsync("anything"));

            Assert.Contains("NOAUTH", refusal.ToString(), StringComparison.Ordinal);
        }

        await using (var server = await EmbeddedRedis.StartAsync(folder, NullLoggerFactory.Instance, CancellationToken.None))
            Assert.NotEqual(first, server.Password);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<Left> LeaveAsync(string connection, User user)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(connection));
        var node = new SessionNode(redis);
        var open = await node.OpenAsync(user, remembered: true);
        var current = (await node.Sessions.RotateAsync(open.RefreshToken, CancellationToken.None)).Value;
        current = (await node.Sessions.RotateAsync(current.RefreshToken, CancellationToken.None)).Value;
        await node.Blacklist.AddAsync(user.Id, "revoked", DateTimeOffset.UtcNow.AddMinutes(10), CancellationToken.None);
        var ended = await node.OpenAsync(user);
        await node.Sessions.CloseAsync(user.Id, ended.Id, CancellationToken.None);
        return new Left(user.Id.ToString(), open.Id.Value, ended.Id.Value, current.RefreshToken, 2);
    }

    private static async Task FindAsync(string connection, Left left)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(connection));
        var node = new SessionNode(redis);
        Assert.True(UserId.TryParse(left.User, out var user));

        Assert.True(await node.Sessions.IsAliveAsync(user, new SessionId(left.Session), CancellationToken.None));
        Assert.False(await node.Sessions.IsAliveAsync(user, new SessionId(left.Ended), CancellationToken.None));
        Assert.True(await node.Blacklist.ContainsAsync(user, "revoked", CancellationToken.None));
        if (left.Rotations == 0)
            return;
        var next = await node.Sessions.RotateAsync(left.RefreshToken, CancellationToken.None);
        Assert.Equal((left.Rotations + 1, true), (next.Value.Counter, next.Value.Remembered));
        Assert.InRange(next.Value.RefreshLifetime, TimeSpan.FromDays(29.9), TimeSpan.FromDays(30));
        Assert.NotNull(await node.Database.KeyTimeToLiveAsync(RedisKeys.Session(user, new SessionId(left.Session))));
    }

    private static async Task<bool> AliveAsync(string connection, Left left)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(connection));
        return UserId.TryParse(left.User, out var user)
            && await new SessionNode(redis).Sessions.IsAliveAsync(user, new SessionId(left.Session), CancellationToken.None);
    }

    private static async Task<Left> LiveAndDieAsync(string folder, string death)
    {
        var note = Path.Combine(folder, "left.json");
        File.Delete(note);
        if (death == "kill")
            File.WriteAllText(Path.Combine(folder, "kill"), string.Empty);

        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(DurabilityTests).Assembly.Location);
        foreach (var argument in new[] { "-explicit", "on", "-method", $"{typeof(DurabilityTests).FullName}.{nameof(A_server_that_dies)}" })
            start.ArgumentList.Add(argument);
        start.Environment[FolderVariable] = folder;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";

        using var child = Process.Start(start)!;
        var said = child.StandardOutput.ReadToEndAsync();
        var complained = child.StandardError.ReadToEndAsync();
        while (!File.Exists(note) && !child.HasExited)
            await Task.Delay(5);
        if (death == "kill" && !child.HasExited)
            child.Kill();
        await child.WaitForExitAsync();
        Assert.True(File.Exists(note), $"{await said}{await complained}");
        Assert.NotEqual(0, child.ExitCode);
        return JsonSerializer.Deserialize<Left>(await File.ReadAllTextAsync(note))!;
    }

    private sealed record Left(string User, string Session, string Ended, string RefreshToken, long Rotations);
}
