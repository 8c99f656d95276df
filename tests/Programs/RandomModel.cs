using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Text;
using TorchSharp;

namespace MusicGen.Programs;

/// <summary>Random numbers of the size that trained weights have, in the published models' shapes.</summary>
internal sealed class RandomModel(MusicGenConfig config) : IWeights
{
    private static readonly Dictionary<string, (int Width, int Layers, int Heads)> Decoders = new(StringComparer.Ordinal)
    {
        ["tiny"] = (64, 2, 4),
        ["small"] = (1024, 24, 16),
        ["medium"] = (1536, 48, 24),
        ["large"] = (2048, 48, 32),
    };

    private readonly Dictionary<string, long[]> _shapes = TensorShapes.Of(config);

    /// <summary>The names of the shapes.</summary>
    public static IReadOnlyCollection<string> Shapes => Decoders.Keys;

    public static MusicGenConfig ConfigOf(string shape)
    {
        var (width, layers, heads) = Decoders.TryGetValue(shape, out var known) ? known : throw new ArgumentException($"There is no shape {shape}.", nameof(shape));
        return new MusicGenConfig(
            shape == "tiny" ? new T5Config(2000, 32, 8, 64, 1, 4, 32, 128, 1e-6) : new T5Config(32128, 768, 64, 3072, 12, 12, 32, 128, 1e-6),
            new DecoderConfig(2048, width, 4 * width, layers, heads, 4, 1, 2048),
            new EncodecConfig(32000, shape == "tiny" ? 4 : 64, 128, 2048, [8, 5, 4, 4], 7, 7, 3, 1, 2, 2, 2, 2.2),
            null);
    }

    public torch.Tensor LoadRows(string name, IReadOnlyList<int> rows) => torch.empty([rows.Count, _shapes[name][1]]).uniform_(-0.03, 0.03);

    public torch.Tensor Load(string name)
    {
        var tensor = torch.empty(_shapes[name]);
        return name.EndsWith("norm.weight", StringComparison.Ordinal) || name.EndsWith(ConvolutionLayer.Gain, StringComparison.Ordinal)
            ? tensor.fill_(1)
            : tensor.uniform_(-0.03, 0.03);
    }
}
