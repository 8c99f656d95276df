using MusicGen.Infrastructure.Inference.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>A convolution of the codec, its weight norm folded once: w = g · v / |v|.</summary>
internal sealed class EncodecConvolution : IDisposable
{
    private readonly ConvolutionLayer _layer;
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    public EncodecConvolution(ConvolutionLayer layer, IWeights weights, Device device)
    {
        _layer = layer;
        using var scope = NewDisposeScope();
        var gain = weights.Load($"{layer.Name}.conv.{ConvolutionLayer.Gain}");
        var direction = weights.Load($"{layer.Name}.conv.{ConvolutionLayer.Direction}");
        var length = direction.pow(2).sum([1L, 2L], keepdim: true).sqrt();
        _weight = scope.Detach((direction * (gain / length)).to(device));
        _bias = scope.Detach(weights.LoadTo($"{layer.Name}.conv.bias", device, ScalarType.Float32));
    }

    /// <param name="x">[B, in, T]</param>
    /// <returns>[B, out, ceil(T / stride)], or [B, out, T · stride] transposed.</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(_layer.IsTransposed ? Widen(x) : Convolve(x));
    }

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }

    private Tensor Convolve(Tensor x)
    {
        var length = (int)x.shape[2];
        var reach = ((_layer.Kernel - 1) * _layer.Dilation) + 1;
        var total = reach - _layer.Stride;
        var right = total / 2;
        var left = total - right;
        // As many more at the end as the last, incomplete stride lacks.
        var strides = (length - reach + total + _layer.Stride - 1) / _layer.Stride;
        var extra = (strides * _layer.Stride) + reach - total - length;
        return nn.functional.conv1d(Reflect(x, left, right + extra), _weight, _bias, _layer.Stride, dilation: _layer.Dilation);
    }

    private Tensor Widen(Tensor x)
    {
        var widened = nn.functional.conv_transpose1d(x, _weight, _bias, _layer.Stride);
        var cut = _layer.Kernel - _layer.Stride;
        var right = cut / 2;
        return widened.narrow(2, cut - right, widened.shape[2] - cut);
    }

    // A sound shorter than its reflection is lengthened by silence first, which is cut off again.
    private static Tensor Reflect(Tensor x, int left, int right)
    {
        var length = (int)x.shape[2];
        var missing = Math.Max(0, Math.Max(left, right) - length + 1);
        if (missing > 0)
            x = nn.functional.pad(x, [0, missing]);
        var padded = nn.functional.pad(x, [left, right], PaddingModes.Reflect);
        return missing == 0 ? padded : padded.narrow(2, 0, padded.shape[2] - missing);
    }
}
