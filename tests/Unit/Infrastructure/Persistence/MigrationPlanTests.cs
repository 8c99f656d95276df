using MusicGen.Infrastructure.Persistence;

namespace MusicGen.Unit.Infrastructure.Persistence;

/// <summary>Expand at once, contract a version later, and never run what another version needs.</summary>
public sealed class MigrationPlanTests
{
    private const string First = "20260101000000_InitialCreate";
    private const string Expand = "20260102000000_Titles";
    private const string Contract = "20260103000000_ContractNames";
    private const string Later = "20260104000000_Covers";

    [Fact]
    public void What_expands_runs_at_once_and_what_contracts_waits_for_the_next_version()
    {
        var plan = MigrationPlan.Of([First, Expand, Contract], [First]);
        var next = MigrationPlan.Of([First, Expand, Contract, Later], [First, Expand]);

        Assert.Equal([Expand], plan.Pending);
        Assert.Equal([Contract, Later], next.Pending);
    }

    [Fact]
    public void A_contraction_that_has_run_is_not_taken_back_by_the_version_that_brought_it()
    {
        var plan = MigrationPlan.Of([First, Expand, Contract], [First, Expand, Contract, Later]);

        Assert.Empty(plan.Pending);
        Assert.Equal([Later], plan.Newer);
    }

    [Fact]
    public void A_new_database_gets_everything() =>
        Assert.Equal([First, Expand, Contract], MigrationPlan.Of([First, Expand, Contract], []).Pending);

    [Theory]
    [InlineData(Contract, true)]
    [InlineData(Expand, false)]
    [InlineData("20260105000000_SubContractors", false)]
    [InlineData("short", false)]
    public void A_contraction_is_known_by_its_name(string id, bool contract) => Assert.Equal(contract, MigrationPlan.IsContract(id));
}
