using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Redis;
using MusicGen.Programs.Redis;

namespace MusicGen.Programs;

/// <summary>
/// Touch, refresh, revoke and revoke-all of the same sessions at the same time over two nodes. What begins after the
/// answer to a revocation must be refused, and no session may be alive again at the end.
/// </summary>
internal static class InterleavingRun
{
    private const int AtOnce = 16;

    private enum Act
    {
        Touch,
        Refresh,
        Revoke,
        RevokeAll,
    }

    public static Command Command()
    {
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 100_000, Description = "How many interleavings." };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Of the plans; the moments are the machine's." };
        var redis = new Option<string>("--redis") { DefaultValueFactory = _ => "garnet", Description = "garnet or redis-server." };
        redis.AcceptOnlyFromAmong("garnet", "redis-server");
        var command = new Command("interleave", "Random interleavings of touch, refresh, revoke and revoke-all: nothing is accepted after a revocation.")
        {
            count, seed, redis,
        };
        command.SetAction(r => RunAsync(r.GetValue(count), r.GetValue(seed), r.GetValue(redis)!));
        return command;
    }

    private static async Task<int> RunAsync(int count, int seed, string kind)
    {
        var folder = Directory.CreateTempSubdirectory("musicgen-interleave-").FullName;
        try
        {
            return await RunAsync(count, seed, kind, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(int count, int seed, string kind, string folder)
    {
        await using var embedded = kind == "garnet" ? await EmbeddedRedis.StartAsync(Path.Combine(folder, "redis"), NullLoggerFactory.Instance, default) : null;
        await using var redis = kind == "garnet" ? null : await RedisProcess.StartAloneAsync();
        var secret = RandomNumberGenerator.GetHexString(64);
        var address = embedded?.ConnectionString ?? redis!.Url;
        await using var first = await ServiceNode.StartAsync(address, folder, secret);
        await using var second = await ServiceNode.StartAsync(address, folder, secret);

        var start = Stopwatch.GetTimestamp();
        var verdict = new Verdict();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
        {
            await new Interleaving([first, second], new Random(unchecked((seed * 1_000_003) + number))).RunAsync(verdict);
            if (Interlocked.Increment(ref verdict.Done) is var done && done % 10_000 == 0)
                Say($"{done:N0} interleavings");
        });
        Say($"{count:N0} interleavings on {kind}, two nodes, seed {seed}: {verdict.Acts:N0} acts, {verdict.Revoked:N0} sessions revoked, in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        Say($"accepted after the revoking answer: {verdict.Accepted}; sessions resurrected: {verdict.Resurrected}");
        return verdict.Accepted + verdict.Resurrected == 0 ? 0 : 1;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class Verdict
    {
        public int Done;
        public long Acts;
        public long Revoked;
        public int Accepted;
        public int Resurrected;
    }

    /// <summary>One user's sessions and what happens to them at once.</summary>
    private sealed class Interleaving(ServiceNode[] nodes, Random random)
    {
        // When the first revocation of a session was answered; long.MaxValue while there was none.
        private readonly long[] _revokedAt = [long.MaxValue, long.MaxValue];

        public async Task RunAsync(Verdict verdict)
        {
            var user = NewUser();
            var sessions = new OpenSession[2];
            for (var i = 0; i < sessions.Length; i++)
                sessions[i] = await Node().Sessions.OpenAsync(user, new SessionOrigin("203.0.113.7", "Firefox"), remembered: false, CancellationToken.None);

            var plan = Enumerable.Range(0, random.Next(6, 13))
                .Select(_ => (Act: Pick(), Session: random.Next(2), Node: Node(), Pause: random.Next(4)))
                .Append((Act: random.Next(2) == 0 ? Act.Revoke : Act.RevokeAll, Session: random.Next(2), Node: Node(), Pause: random.Next(4)))
                .ToArray();
            Interlocked.Add(ref verdict.Acts, plan.Length);
            await Task.WhenAll(plan.Select(p => ActAsync(p.Act, sessions[p.Session], p.Session, p.Node, p.Pause, verdict)));

            for (var i = 0; i < sessions.Length; i++)
            {
                if (_revokedAt[i] == long.MaxValue)
                    continue;
                Interlocked.Increment(ref verdict.Revoked);
                var gate = await Node().Gate.CheckAsync(user.Id, sessions[i].Id, "jti", 0, null, RateBucket.Standard, CancellationToken.None);
                if (gate.Outcome == GateOutcome.Allowed)
                    Interlocked.Increment(ref verdict.Accepted);
                var listed = await Node().Sessions.ListAsync(user.Id, CancellationToken.None);
                if (listed.Any(s => s.Id == sessions[i].Id) || await Node().Sessions.IsAliveAsync(user.Id, sessions[i].Id, CancellationToken.None))
                    Interlocked.Increment(ref verdict.Resurrected);
            }
        }

        private async Task ActAsync(Act act, OpenSession session, int index, ServiceNode node, int pause, Verdict verdict)
        {
            for (var i = 0; i < pause; i++)
                await Task.Yield();
            var began = Stopwatch.GetTimestamp();
            switch (act)
            {
                case Act.Touch:
                    var gate = await node.Gate.CheckAsync(session.User, session.Id, "jti", 0, "203.0.113.8", RateBucket.Standard, CancellationToken.None);
                    Judge(gate.Outcome == GateOutcome.Allowed, index, began, verdict);
                    break;
                case Act.Refresh:
                    var answer = await node.Sessions.RotateAsync(session.RefreshToken, CancellationToken.None);
                    Judge(answer.IsSuccess, index, began, verdict);
                    break;
                case Act.Revoke:
                    await node.Sessions.CloseAsync(session.User, session.Id, CancellationToken.None);
                    Answered(index);
                    break;
                default:
                    await node.Sessions.CloseAllAsync(session.User, except: null, CancellationToken.None);
                    Answered(0);
                    Answered(1);
                    break;
            }
        }

        private void Answered(int index)
        {
            var now = Stopwatch.GetTimestamp();
            lock (_revokedAt)
                _revokedAt[index] = Math.Min(_revokedAt[index], now);
        }

        private void Judge(bool wasAccepted, int index, long began, Verdict verdict)
        {
            lock (_revokedAt)
            {
                if (wasAccepted && _revokedAt[index] < began)
                    Interlocked.Increment(ref verdict.Accepted);
            }
        }

        private Act Pick() => random.Next(10) switch
        {
            < 4 => Act.Touch,
            < 8 => Act.Refresh,
            8 => Act.Revoke,
            _ => Act.RevokeAll,
        };

        private ServiceNode Node() => nodes[random.Next(nodes.Length)];

        // Opening a session puts its user's state where the gate looks; the database is never asked.
        private static User NewUser()
        {
            var now = TimeProvider.System.GetUtcNow();
            return new User(UserId.New(now), Email.Normalise("somebody@example.org"), "somebody", "none", now);
        }
    }
}
