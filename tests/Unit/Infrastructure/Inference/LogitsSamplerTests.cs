using FsCheck.Xunit;
using MusicGen.Infrastructure.Inference;
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

    /// <summary>Against a sort of all scores, on what can make a selection stumble: ties, infinities, everything equal.</summary>
    [Property(MaxTest = 500)]
    public bool The_kept_are_those_that_a_sort_would_keep(int[] numbers, byte k, byte p, double number)
    {
        if (numbers.Length == 0)
            return true;
        var scores = numbers.Select((n, i) => (n % 7) switch { 0 => float.NegativeInfinity, 1 => 2f, 2 => -0f, 3 => 0f, _ => n / 16f }).ToArray();
        var settings = Plain with { TopK = k % (scores.Length + 2), TopP = p / 128.0 };
        var uniform = double.IsFinite(number) ? Math.Abs(number) % 1 : 0.5;

        return new LogitsSampler(scores.Length).Choose(scores, [], settings, uniform) == SortAndChoose(scores, settings, uniform);
    }

    [Fact]
    public void Thousands_of_scores_give_the_codes_that_a_sort_gives()
    {
        const int Many = 2048;
        var sampler = new LogitsSampler(Many);
        for (var round = 0; round < 300; round++)
        {
            var scores = Enumerable.Range(0, Many).Select(i => round % 3 == 0
                ? (int)(Philox.Block((uint)i, (uint)round, 0, 0, 1, 0).A % 40) - 20f
                : (Philox.Block((uint)i, (uint)round, 0, 0, 1, 0).A / (float)uint.MaxValue * 12) - 6).ToArray();
            if (round % 5 == 0)
                Array.Sort(scores);
            var settings = Plain with { TopK = 1 + (round * 37 % Many), TopP = round % 4 == 0 ? 0.9 : 0 };

            Assert.Equal(SortAndChoose(scores, settings, round / 300.0), sampler.Choose(scores, [], settings, round / 300.0));
        }
    }

    [Fact]
    public void Scores_that_are_no_numbers_end_in_some_code()
    {
        float[] scores = [float.NaN, 1, float.NaN, float.NegativeInfinity, 2, float.NaN, float.PositiveInfinity, 0];

        for (var k = 1; k < Cardinality; k++)
        {
            Assert.InRange(_sampler.Choose(scores, [], Plain with { TopK = k, TopP = 0.5 }, 0.5), 0, Cardinality - 1);
            Assert.InRange(_sampler.Choose([.. scores.Select(_ => float.NegativeInfinity)], [], Plain with { TopK = k, TopP = 0.5 }, 0.5), 0, Cardinality - 1);
        }
    }

    [Fact]
    public void Choosing_allocates_nothing()
    {
        var settings = Plain with { TopK = 5, TopP = 0.9 };
        _sampler.Choose(Scores, Scores, settings, 0.5);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100; i++)
            _sampler.Choose(Scores, Scores, settings, i / 100.0);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
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

    // Temperature is 1 and there is no guidance.
    private static int SortAndChoose(float[] scores, SamplingSettings settings, double uniform)
    {
        var kept = scores.ToArray();
        void KeepFrom(float least) => kept = [.. kept.Select(s => s < least ? float.NegativeInfinity : s)];
        if (settings.TopK > 0 && settings.TopK < kept.Length)
            KeepFrom(kept.OrderDescending().ElementAt(settings.TopK - 1));
        var max = kept.Max();
        if (settings.TopP is > 0 and < 1)
        {
            var sorted = kept.Order().ToList();
            var total = sorted.Sum(s => Math.Exp(s - max));
            var sum = 0.0;
            KeepFrom(sorted.SkipLast(1).Select(s => (Score: s, Sum: sum += Math.Exp(s - max) / total)).Where(s => s.Sum > 1 - settings.TopP).Select(s => s.Score).DefaultIfEmpty(max).First());
        }

        var weights = kept.Select(s => Math.Exp(s - max)).ToList();
        var (limit, passed) = (uniform * weights.Sum(), 0.0);
        var chosen = weights.FindIndex(w => (passed += w) > limit && w > 0);
        return chosen >= 0 ? chosen : Math.Max(0, weights.FindLastIndex(w => w > 0));
    }

    private List<int> Draws(SamplingSettings settings) =>
        [.. Enumerable.Range(0, 2000).Select(i => _sampler.Choose(Scores, [], settings, i / 2000.0)).Distinct()];
}
