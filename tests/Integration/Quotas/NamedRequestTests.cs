using MusicGen.Application.Generations.GenerateMusic;
using MusicGen.Domain.Generations;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Quotas;

/// <summary>What requests of one Idempotency-Key cost when they come at once.</summary>
public sealed class NamedRequestTests(RedisServers servers) : NodesOfOneService
{
    private const int Rounds = 20;

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task A_refused_body_never_takes_the_charge_of_the_accepted_one_along(RedisKind kind)
    {
        var node = await AddAsync(await servers.NodeAsync(kind));

        for (var round = 0; round < Rounds; round++)
        {
            var refused = node.SendAsync(Named(round, 1, "no/such"));
            var accepted = node.SendAsync(Named(round, 60));

            Assert.Contains((await refused).Error.Code, (string[])["model.not_found", "idempotency.mismatch"]);
            Assert.True((await accepted).IsSuccess);
        }

        var usage = await node.UsageAsync();
        Assert.Equal((Rounds, Rounds * 60), (usage.Windows[0].Used, usage.AudioSeconds.Used));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Whichever_of_two_bodies_becomes_the_task_its_own_seconds_are_charged(RedisKind kind)
    {
        var node = await AddAsync(await servers.NodeAsync(kind));
        double seconds = 0;

        for (var round = 0; round < Rounds; round++)
        {
            var answers = await Task.WhenAll(node.SendAsync(Named(round, 1)), node.SendAsync(Named(round, 60)));

            Assert.Equal("idempotency.mismatch", Assert.Single(answers, a => !a.IsSuccess).Error.Code);
            Assert.True(GenerationId.TryParse(Assert.Single(answers, a => a.IsSuccess).Value.TaskId, out var id));
            seconds += (await node.TaskAsync(id)).RequestedSeconds;
        }

        var usage = await node.UsageAsync();
        Assert.Equal((Rounds, seconds), (usage.Windows[0].Used, usage.AudioSeconds.Used));
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task One_body_sent_many_times_at_once_is_one_task_and_one_charge(RedisKind kind)
    {
        var node = await AddAsync(await servers.NodeAsync(kind));

        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => node.SendAsync(Named(round, 5))));

            Assert.Single(answers.Select(a => a.Value.TaskId).Distinct());
        }

        var usage = await node.UsageAsync();
        Assert.Equal((5, 25), (usage.Windows[0].Used, usage.AudioSeconds.Used));
    }

    // A new one each time: a copy would be the same request, its task's id included.
    private static GenerateMusicCommand Named(int round, double seconds, string? model = null) =>
        new() { Prompt = "calm piano", IdempotencyKey = $"key-{round}", Duration = seconds, Model = model };
}
