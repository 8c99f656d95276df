using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Sampling;
using static TorchSharp.torch;

namespace MusicGen.Integration.Inference;

/// <summary>Codes chosen in tensors against those that the host chooses from the same scores with the same numbers.</summary>
[Collection(Reference.Torch)]
public sealed class TensorSamplerTests
{
    private const int Codebooks = 4;
    private const double AlmostOne = 1 - (1.0 / (1L << 53));

    public TensorSamplerTests() => Reference.NeedTorch();

    public enum Scores
    {
        Random,
        Tied,
        Forbidden, // some of them, those of the text alone: minus infinity less itself is no number
    }

    public static TheoryData<Scores, int, int> Cases => new(
        from scores in Enum.GetValues<Scores>()
        from size in new[] { (Cardinality: 7, Rounds: 200), (Cardinality: 64, Rounds: 200), (Cardinality: 2048, Rounds: 25) }
        select (scores, size.Cardinality, size.Rounds));

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_codes_are_those_of_the_host(Scores kind, int cardinality, int rounds)
    {
        var config = new DecoderConfig(cardinality, 8, 8, 1, 1, Codebooks, 1, 16);
        var host = new LogitsSampler(cardinality);
        var chosen = new HashSet<int>();
        for (var seed = 0; seed < rounds; seed++)
        {
            using var scope = NewDisposeScope();
            var random = new Random(seed);
            var songs = Enumerable.Range(0, 1 + (seed % 5)).Select(_ => (Settings: AnySettings(random, cardinality), Rows: random.Next(1, 3))).ToList();
            var rows = songs.Sum(s => s.Rows);
            var width = Codebooks * cardinality;
            var logits = new float[(rows + 3) * width]; // rows of nobody behind
            var uniforms = Enumerable.Range(0, songs.Count * Codebooks).Select(_ => random.Next(8) switch { 0 => 0, 1 => AlmostOne, _ => random.NextDouble() }).ToArray();
            for (var (i, first) = (0, 0); i < songs.Count; first += songs[i++].Rows)
            {
                for (var j = 0; j < songs[i].Rows * width; j++)
                    logits[(first * width) + j] = Score(kind, random, mayBeForbidden: j < width && j % cardinality > 0);
            }

            using var sampler = new TensorSampler(songs, config, CPU);
            var codes = sampler.Choose(tensor(logits, [rows + 3, width]), tensor(uniforms, [songs.Count, Codebooks])).data<long>().ToArray();

            for (var (i, first) = (0, 0); i < songs.Count; first += songs[i++].Rows)
            {
                for (var k = 0; k < Codebooks; k++)
                {
                    Span<float> Of(int row) => logits.AsSpan((row * width) + (k * cardinality), cardinality);
                    var expected = host.Choose(Of(first), songs[i].Rows == 1 ? default : Of(first + 1), songs[i].Settings, uniforms[(i * Codebooks) + k]);
                    chosen.Add(expected);

                    Assert.Equal((seed, i, k, songs[i].Settings, expected), (seed, i, k, songs[i].Settings, (int)codes[(i * Codebooks) + k]));
                }
            }
        }

        Assert.InRange(chosen.Count, Math.Min(cardinality, 60), cardinality);
    }

    private static SamplingSettings AnySettings(Random random, int cardinality) => new(
        IsGreedy: random.Next(4) == 0,
        Temperature: new[] { 0.3, 1, 1, 1.7 }[random.Next(4)],
        TopK: new[] { 0, 1, 5, cardinality / 2, cardinality, cardinality + 1 }[random.Next(6)],
        TopP: new[] { 0, 0, 0.2, 0.9, 1 }[random.Next(5)],
        GuidanceScale: 1 + (4 * random.NextDouble()));

    private static float Score(Scores kind, Random random, bool mayBeForbidden) => kind switch
    {
        Scores.Tied => random.Next(-2, 3),
        Scores.Forbidden when mayBeForbidden && random.Next(3) == 0 => float.NegativeInfinity,
        _ => (float)((random.NextDouble() + random.NextDouble() - 1) * 8),
    };
}
