using System.Diagnostics;
using System.Text;
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
    private const string Notes = "opened.txt";
    private const int EnoughSessions = 100;

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
    public async Task The_embedded_server_keeps_every_session_it_answered_when_its_process_dies_in_the_middle(string death)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-durable-").FullName;
        for (var life = 0; life < 3; life++)
        {
            var opened = await LiveAndDieAsync(folder, death);

            await using var server = await RunningRedis.StartAsync(RedisKind.Garnet, Path.Combine(folder, "redis"));
            await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(server.ConnectionString));
            var node = new SessionNode(redis);
            foreach (var (user, session) in opened)
                Assert.True(await node.Sessions.IsAliveAsync(user, session, CancellationToken.None), $"Lost one of {opened.Count} in life {life}.");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Not a test but the child process of the one above: it opens sessions, notes each answer, and dies at it.</summary>
    [Fact(Explicit = true)]
    public async Task A_server_that_dies()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(folder is null, "Only the durability tests start this one.");
        await using var server = await RunningRedis.StartAsync(RedisKind.Garnet, Path.Combine(folder, "redis"));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RedisConnectionString.Parse(server.ConnectionString));
        var node = new SessionNode(redis);
        var diesByItself = !File.Exists(Path.Combine(folder, "kill"));

        using var notes = File.OpenHandle(Path.Combine(folder, Notes), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        for (var i = 0; ; i++)
        {
            var open = await node.OpenAsync(SessionNode.NewUser());
            var line = Encoding.ASCII.GetBytes($"{open.User} {open.Id}\n");
            RandomAccess.Write(notes, line, (long)i * line.Length);
            if (diesByItself && i == EnoughSessions)
                Environment.FailFast("As the test wants it.");
        }
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
            for (var batch = 0; batch < 100; batch++)
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

    private static async Task<List<(UserId User, SessionId Session)>> LiveAndDieAsync(string folder, string death)
    {
        var notes = Path.Combine(folder, Notes);
        File.Delete(notes);
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
        while (!child.HasExited && (!File.Exists(notes) || new FileInfo(notes).Length < 60 * EnoughSessions))
            await Task.Delay(1);
        if (!child.HasExited && death == "kill")
            child.Kill();
        await child.WaitForExitAsync();
        Assert.True(File.Exists(notes), $"{await said}{await complained}");
        Assert.NotEqual(0, child.ExitCode);

        var lines = (await File.ReadAllLinesAsync(notes)).Where(l => l.Length == 36 + 1 + 22).ToList();
        Assert.True(lines.Count >= EnoughSessions, $"{lines.Count} sessions were opened.");
        return [.. lines.Select(l => (UserId.TryParse(l[..36], out var user) ? user : default, new SessionId(l[37..])))];
    }

    private sealed record Left(string User, string Session, string Ended, string RefreshToken, long Rotations);
}
