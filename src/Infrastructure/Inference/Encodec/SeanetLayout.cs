namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>A layer of the codec's two networks: what it computes, and the names and shapes of its weights.</summary>
internal abstract record SeanetLayer(string Name)
{
    /// <summary>The weights, convolutions by their weight norm's old names: g and v.</summary>
    public abstract IEnumerable<(string Name, long[] Shape)> Tensors();

    /// <summary>The first and last input that outputs <paramref name="first"/> to <paramref name="last"/> are made of.</summary>
    public virtual (int First, int Last) Reads(int first, int last) => (first, last);
}

/// <summary>A convolution under weight norm; <paramref name="IsTransposed"/> ones have their weight as [in, out, kernel].</summary>
internal sealed record ConvolutionLayer(string Name, int Inputs, int Outputs, int Kernel, int Stride = 1, int Dilation = 1, bool IsTransposed = false)
    : SeanetLayer(Name)
{
    public const string Gain = "weight_g";
    public const string Direction = "weight_v";

    public override IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        var (first, second) = IsTransposed ? (Inputs, Outputs) : (Outputs, Inputs);
        return [($"{Name}.conv.{Gain}", [first, 1, 1]), ($"{Name}.conv.{Direction}", [first, second, Kernel]), ($"{Name}.conv.bias", [Outputs])];
    }

    /// <inheritdoc/>
    public override (int First, int Last) Reads(int first, int last)
    {
        if (IsTransposed)
        {
            // Output n lies under inputs n/stride and those before it that the kernel still covers, after the cut at the left.
            var cut = Kernel - Stride - ((Kernel - Stride) / 2);
            return (Floor(first + cut - Kernel + Stride, Stride), Floor(last + cut, Stride));
        }

        var padding = ((Kernel - 1) * Dilation) + 1 - Stride;
        var right = padding / 2;
        return ((first * Stride) - (padding - right), (last * Stride) + right + Stride - 1);
    }

    private static int Floor(int dividend, int divisor) => (int)Math.Floor((double)dividend / divisor);
}

/// <summary>x + conv(elu(conv(elu(x)))), narrower inside.</summary>
internal sealed record ResidualLayer(ConvolutionLayer First, ConvolutionLayer Second) : SeanetLayer(First.Name)
{
    public override IEnumerable<(string Name, long[] Shape)> Tensors() => First.Tensors().Concat(Second.Tensors());

    /// <inheritdoc/>
    public override (int First, int Last) Reads(int first, int last)
    {
        var (from, to) = Second.Reads(first, last);
        return First.Reads(from, to);
    }
}

/// <summary>x + lstm(x), one way in time.</summary>
internal sealed record LstmLayer(string Name, int Width, int Layers) : SeanetLayer(Name)
{
    public override IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        for (var i = 0; i < Layers; i++)
        {
            foreach (var way in new[] { "ih", "hh" })
            {
                yield return ($"{Name}.lstm.weight_{way}_l{i}", [4 * Width, Width]);
                yield return ($"{Name}.lstm.bias_{way}_l{i}", [4 * Width]);
            }
        }
    }
}

internal sealed record EluLayer() : SeanetLayer(string.Empty)
{
    public override IEnumerable<(string Name, long[] Shape)> Tensors() => [];
}

/// <summary>The two networks of SEANet (Tagliasacchi et al. 2020) as EnCodec numbers their layers.</summary>
internal static class SeanetLayout
{
    /// <summary>Sound [B, 1, samples] to latents [B, width, frames].</summary>
    public static List<SeanetLayer> Encoder(EncodecConfig codec)
    {
        var layers = new Numbered("audio_encoder.encoder.layers");
        var width = codec.Filters;
        layers.Add(name => new ConvolutionLayer(name, 1, width, codec.Kernel));
        foreach (var ratio in codec.Ratios.Reverse())
        {
            AddResiduals(layers, codec, width);
            layers.Add(_ => new EluLayer());
            layers.Add(name => new ConvolutionLayer(name, width, 2 * width, 2 * ratio, ratio));
            width *= 2;
        }

        layers.Add(name => new LstmLayer(name, width, codec.LstmLayers));
        layers.Add(_ => new EluLayer());
        layers.Add(name => new ConvolutionLayer(name, width, codec.Width, codec.LastKernel));
        return layers.Layers;
    }

    /// <summary>Latents [B, width, frames] to sound [B, 1, samples].</summary>
    public static List<SeanetLayer> Decoder(EncodecConfig codec)
    {
        var layers = new Numbered("audio_encoder.decoder.layers");
        var width = codec.DeepWidth;
        layers.Add(name => new ConvolutionLayer(name, codec.Width, width, codec.Kernel));
        layers.Add(name => new LstmLayer(name, width, codec.LstmLayers));
        foreach (var ratio in codec.Ratios)
        {
            layers.Add(_ => new EluLayer());
            layers.Add(name => new ConvolutionLayer(name, width, width / 2, 2 * ratio, ratio, IsTransposed: true));
            width /= 2;
            AddResiduals(layers, codec, width);
        }

        layers.Add(_ => new EluLayer());
        layers.Add(name => new ConvolutionLayer(name, width, 1, codec.LastKernel));
        return layers.Layers;
    }

    private static void AddResiduals(Numbered layers, EncodecConfig codec, int width)
    {
        var (inner, dilation) = (Math.Max(1, width / codec.Compress), 1);
        for (var j = 0; j < codec.ResidualLayers; j++)
        {
            var dilated = dilation;
            layers.Add(name => new ResidualLayer(
                new ConvolutionLayer($"{name}.block.1", width, inner, codec.ResidualKernel, Dilation: dilated),
                new ConvolutionLayer($"{name}.block.3", inner, width, 1)));
            dilation *= codec.DilationGrowth;
        }
    }

    private sealed class Numbered(string prefix)
    {
        public List<SeanetLayer> Layers { get; } = [];

        public void Add(Func<string, SeanetLayer> make) => Layers.Add(make($"{prefix}.{Layers.Count}"));
    }
}
