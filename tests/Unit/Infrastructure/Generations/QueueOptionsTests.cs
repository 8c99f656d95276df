using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Generations;
using MusicGen.Infrastructure.Nodes;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.Infrastructure.Generations;

public sealed class QueueOptionsTests
{
    [Theory]
    [InlineData(0, 1, 1, 2)]
    [InlineData(2, 1, 1, 2)]
    [InlineData(4, 1, 1, 2)]
    [InlineData(6, 2, 2, 3)]
    [InlineData(8, 2, 2, 4)]
    [InlineData(64, 16, 16, 32)]
    public void There_are_as_many_workers_as_the_devices_have_places(int places, int free, int premium, int enterprise)
    {
        var options = new QueueOptions { Places = () => places };

        Assert.Equal([free, premium, enterprise], Enum.GetValues<Tier>().Select(options.WorkersOf));
    }

    [Fact]
    public void A_number_that_was_chosen_holds_and_none_leaves_the_tier_to_other_nodes()
    {
        var options = new QueueOptions { FreeWorkers = 0, PremiumWorkers = 7, Places = () => 8 };

        Assert.Equal([0, 7, 4], Enum.GetValues<Tier>().Select(options.WorkersOf));
        Assert.True(Validated(NodeRole.Worker, options).Succeeded);
    }

    [Theory, InlineData(NodeRole.All, false), InlineData(NodeRole.Worker, false), InlineData(NodeRole.Api, true)]
    public void Only_a_node_that_makes_no_music_needs_no_worker(NodeRole role, bool isFine) =>
        Assert.Equal(isFine, Validated(role, new QueueOptions { FreeWorkers = 0, PremiumWorkers = 0, EnterpriseWorkers = 0 }).Succeeded);

    [Theory]
    [InlineData("QUEUE_FREE_WORKERS")]
    [InlineData("QUEUE_PREMIUM_WORKERS")]
    [InlineData("QUEUE_ENTERPRISE_WORKERS")]
    [InlineData("QUEUE_MAX_WAITING")]
    public void What_a_variable_may_be_its_option_may_be(string name)
    {
        var variable = EnvironmentVariables.ByName[name];
        var range = typeof(QueueOptions).GetProperty(variable.Keys[0]["Queue:".Length..])!.GetCustomAttribute<RangeAttribute>()!;

        foreach (var bound in new[] { (int)range.Minimum, (int)range.Maximum })
            Assert.Equal($"{bound}", variable.Read($"{bound}"));
        Assert.Throws<FormatException>(() => variable.Read($"{(int)range.Maximum + 1}"));
    }

    private static ValidateOptionsResult Validated(NodeRole role, QueueOptions options) =>
        new QueueWorkersValidator(Options.Create(new NodeOptions { Role = role })).Validate(null, options);
}
