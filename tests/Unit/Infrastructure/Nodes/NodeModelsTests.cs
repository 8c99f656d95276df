using Microsoft.Extensions.Options;
using MusicGen.Application.Nodes;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Nodes;
using MusicGen.Unit.Support;
using static MusicGen.Unit.Infrastructure.Nodes.StagedNode;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>What a request that names no model gets, whichever node it comes to.</summary>
public sealed class NodeModelsTests
{
    private const string Gpu = "torchsharp-cuda-fp16";
    private const string Cpu = "simd-avx2-fp32";

    [Theory]
    [InlineData(null, new[] { "large", "medium", "small", "tiny", "composer" })]
    [InlineData("small", new[] { "small", "large", "medium", "tiny", "composer" })]
    [InlineData("composer", new[] { "composer", "large", "medium", "small", "tiny" })]
    [InlineData("nobody/has-it", new[] { "large", "medium", "small", "tiny", "composer" })]
    public void Every_node_has_the_models_of_all_in_one_order(string? chosen, string[] expected)
    {
        var states = new[]
        {
            Of("api-only"),
            Of("bare", Composer),
            Of("cpu", Network("small", Cpu), Network("tiny", Cpu), Network("medium", Cpu), Composer),
            Of("gpu", Network("large", Gpu), Network("medium", Gpu), Network("small", Gpu), Composer),
        };
        var board = new FakeNodeRegistry();
        foreach (var state in states)
            board.Add(state.Name == "api-only" ? state with { Role = NodeRole.Api } : state);

        foreach (var state in states)
        {
            var models = ModelsOf(state, board, chosen);
            Assert.Equal(expected, models.Models.Select(m => m.Id));
            Assert.Equal(expected[0], models.Find(null)!.Id);
            Assert.Equal(Gpu, models.Find("medium")!.Engine); // which is said of it, too
        }
    }

    [Fact]
    public void A_lost_nodes_networks_come_after_those_of_living_ones_and_before_the_composer()
    {
        var board = new FakeNodeRegistry();
        board.Add(Of("gpu", Network("large", Gpu), Composer), silence: TimeSpan.FromMinutes(1));
        board.Add(Of("cpu", Network("small", Cpu), Composer));
        board.Add(Of("bare", Composer));

        Assert.Equal(["small", "large", "composer"], ModelsOf(Of("bare", Composer), board, null).Models.Select(m => m.Id));
    }

    private static NodeModels ModelsOf(NodeState state, INodeRegistry board, string? chosen) => new(
        new FakeGenerationPorts { Models = state.Models }, board, Named(state.Name), Options.Create(new InferenceOptions { DefaultModel = chosen }));
}
