using FsCheck.Xunit;
using MusicGen.Infrastructure.Inference.Sampling;

namespace MusicGen.Unit.Infrastructure.Inference;

public sealed class LogitsSamplerTests
{
    private const int Cardinality = 8;
    private static readonly SamplingSettings Plain = new(IsGreedy: false, 1, 0, 0, 1);
    private static readonly float[] Scores = [0.5f, 2f, -1f, 2f, 0f, 1.5f, -3f, 1f];

    private readonly LogitsSampler _sampler = new(Cardinality);

    [Fact]
    public void Greedy_takes_the_first_of_the_likeliest() =>
        Assert.Equal(1, _sampler.Choose(Scores, [], Plain with { IsGreedy = true }, 0.9));

    [Fact]
    public void Guidance_goes_away_from_what_is_likely_without_the_text()
    {
        float[] unconditional = [0, 2, 0, 0, 0, 0, 0, 0];

        Assert.Equal(3, _sampler.Choose(Scores, unconditional, Plain with { IsGreedy = true, GuidanceScale = 3 }, 0));
    }

    [Fact]
    public void Top_k_keeps_ties_of_the_last_one()
    {
        var drawn = Draws(Plain with { TopK = 1 });

        Assert.Equal([1, 3], drawn.Order());
    }

    // Sorted: -3 -1 0 .5 1 1.5 2 2. The two best have 0.30 each, the third 0.18.
    [Theory]
    [InlineData(0.2, new[] { 1, 3 })]
    [InlineData(0.65, new[] { 1, 3, 5 })]
    [InlineData(1, new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData(0, new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    public void Top_p_keeps_the_likeliest_that_make_it_up(double topP, int[] kept) =>
        Assert.Equal(kept, Draws(Plain with { TopP = topP }).Order());

    [Fact]
    public void Temperature_comes_before_top_p()
    {
        Assert.Equal(2, Draws(Plain with { Temperature = 0.1, TopP = 0.9 }).Count);
        Assert.True(Draws(Plain with { Temperature = 2, TopP = 0.9 }).Count > Draws(Plain with { TopP = 0.9 }).Count);
    }

    /// <summary>Against the definition, written out without any cleverness.</summary>
    [Property(MaxTest = 300)]
    public bool The_draw_is_the_first_whose_sum_passes_the_number(byte[] bytes, double number)
    {
        var scores = Enumerable.Range(0, Cardinality).Select(i => bytes.Length == 0 ? 0f : (bytes[i % bytes.Length] / 20f) - 6).ToArray();
        var uniform = double.IsFinite(number) ? Math.Abs(number) % 1 : 0.5;
        var weights = scores.Select(s => Math.Exp(s)).ToList();
        var expected = Enumerable.Range(0, Cardinality).First(i => weights.Take(i + 1).Sum() > uniform * weights.Sum() * (1 - 1e-15));

        var chosen = _sampler.Choose(scores, [], Plain, uniform);

        return chosen == expected || Math.Abs((weights.Take(expected + 1).Sum() / weights.Sum()) - uniform) < 1e-9;
    }

    [Fact]
    public void The_chance_of_a_place_is_the_seeds_alone_and_even()
    {
        var dice = new CodeDice(42);

        Assert.Equal(new CodeDice(42).Uniform(1000, 3), dice.Uniform(1000, 3));
        Assert.Equal(4, new[] { dice.Uniform(1, 0), dice.Uniform(0, 1), dice.Uniform(1, 1), new CodeDice(43).Uniform(1, 1) }.Distinct().Count());
        Assert.NotEqual(new CodeDice(1L << 40).Uniform(0, 0), new CodeDice(0).Uniform(0, 0));
        var numbers = Enumerable.Range(0, 4000).Select(t => dice.Uniform(t / 4, t % 4)).ToList();
        Assert.All(numbers, n => Assert.InRange(n, 0, 1 - 1e-16));
        Assert.InRange(numbers.Average(), 0.48, 0.52);
    }

    private List<int> Draws(SamplingSettings settings) =>
        [.. Enumerable.Range(0, 2000).Select(i => _sampler.Choose(Scores, [], settings, i / 2000.0)).Distinct()];
}
