using MusicGen.Programs;

namespace MusicGen.Unit.Programs;

public sealed class MannWhitneyTests
{
    // The third and fourth by hand from the ranks; the second is R's for wilcox.test(exact = FALSE).
    [Theory]
    [InlineData(new[] { 1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, new[] { 1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, 1.0)]
    [InlineData(new[] { 1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, new[] { 11.0, 12, 13, 14, 15, 16, 17, 18, 19, 20 }, 0.0001826718)]
    [InlineData(new[] { 1.1, 2.2, 3.3, 4.4 }, new[] { 2.0, 3.0, 4.0, 5.0, 6.0 }, 0.3912672)]
    [InlineData(new[] { 1.0, 2, 2, 3, 3, 3 }, new[] { 2.0, 3, 3, 4, 5, 6 }, 0.0789746)]
    public void The_probability_is_the_textbooks(double[] first, double[] second, double expected) =>
        Assert.Equal(expected, MannWhitney.Probability(first, second), 0.000002);

    [Fact]
    public void Two_samples_of_one_value_are_alike() => Assert.Equal(1, MannWhitney.Probability([5, 5, 5], [5, 5]));
}
