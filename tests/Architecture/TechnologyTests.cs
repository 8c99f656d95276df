using MusicGen.Infrastructure.Auditing.Planted;
using MusicGen.Infrastructure.Inference.Planted;

namespace MusicGen.Architecture;

/// <summary>Which folder may know which technology.</summary>
public sealed class TechnologyTests
{
    private static readonly Rule RedisOnlyWhereStateIsShared = new(
        types => types.That().ResideInNamespaceStartingWith("MusicGen.Infrastructure")
            .And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Redis")
            .And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Sessions")
            .And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Identity")
            .And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Nodes")
            .And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Quotas")
            .And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Generations")
            .And().DoNotHaveNameMatching("^RedisAuditWitness$") // the trail's signed head
            .And().DoNotHaveName("RedisTraces") // what a backup takes along
            .And().DoNotHaveName("DependencyInjection"),
        selected => selected.ShouldNot().HaveDependencyOnAny("StackExchange.Redis"));

    private static readonly Rule TorchOnlyInInference = new(
        types => types.That().ResideInNamespaceStartingWith("MusicGen.Infrastructure")
            .And().DoNotResideInNamespaceMatching(@"^MusicGen\.Infrastructure\.Inference(\.(Checkpoints|Text|Decoder|Sampling|Encodec|Melody))?$")
            .And().AreNotNested(), // they count with the type around them
        selected => selected.ShouldNot().HaveDependencyOnAny("TorchSharp"));

    private static readonly Rule BucketsOnlyInFiles = new(
        types => types.That().ResideInNamespaceStartingWith("MusicGen.Infrastructure").And().DoNotResideInNamespaceStartingWith("MusicGen.Infrastructure.Files"),
        selected => selected.ShouldNot().HaveDependencyOnAny("Amazon"));

    private static readonly Rule NoWebBelowTheWeb = Rule.Forbids("MusicGen.Infrastructure", "Microsoft.AspNetCore");

    private static readonly Rule NoRedisInTheWeb = Rule.Forbids("MusicGen.WebApi", "StackExchange.Redis");

    private static readonly Rule NoProviderInApplication = Rule.Forbids(
        "MusicGen.Application", "Microsoft.EntityFrameworkCore.Sqlite", "Microsoft.EntityFrameworkCore.SqlServer",
        "Microsoft.Data.SqlClient", "Microsoft.Data.Sqlite");

    private static readonly Rule TheComposerKnowsOnlySound = Rule.Forbids(
        "MusicGen.Infrastructure.Inference", "MusicGen.Infrastructure.Persistence", "MusicGen.Infrastructure.Sessions",
        "MusicGen.Infrastructure.Identity", "MusicGen.Infrastructure.Redis", "Hangfire", "Microsoft.EntityFrameworkCore");

    [Fact]
    public void Redis_is_known_only_where_state_is_shared()
    {
        RedisOnlyWhereStateIsShared.HoldsFor(Solution.Infrastructure);
        RedisOnlyWhereStateIsShared.Catches(typeof(TrailThatKnowsRedis));
    }

    [Fact]
    public void TorchSharp_is_known_only_in_Inference()
    {
        TorchOnlyInInference.HoldsFor(Solution.Infrastructure);
        TorchOnlyInInference.Catches(typeof(TrailThatKnowsTorch));
    }

    [Fact]
    public void Buckets_are_known_only_in_Files()
    {
        BucketsOnlyInFiles.HoldsFor(Solution.Infrastructure);
        BucketsOnlyInFiles.Catches(typeof(TrailThatKnowsBuckets));
    }

    [Fact]
    public void Nothing_below_the_web_knows_ASP_NET()
    {
        NoWebBelowTheWeb.HoldsFor(Solution.Infrastructure);
        NoWebBelowTheWeb.Catches(typeof(TrailThatKnowsTheWeb));
    }

    [Fact]
    public void The_web_does_not_speak_to_Redis()
    {
        NoRedisInTheWeb.HoldsFor(Solution.WebApi);
        NoRedisInTheWeb.Catches(typeof(WebApi.Planted.ControllerThatKnowsRedis));
    }

    [Fact]
    public void Application_knows_no_database_provider()
    {
        NoProviderInApplication.HoldsFor(Solution.Application);
        NoProviderInApplication.Catches(typeof(Application.Planted.ApplicationThatKnowsSqlite));
    }

    [Fact]
    public void Inference_knows_nothing_of_people_and_stores()
    {
        TheComposerKnowsOnlySound.HoldsFor(Solution.Infrastructure);
        TheComposerKnowsOnlySound.Catches(typeof(InferenceThatKnowsTheDatabase));
    }
}
