using MusicGen.Infrastructure.Inference.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>A convolution of the codec, its weight norm folded once: w = g · v / |v|.</summary>
internal sealed class EncodecConvolution : IDisposable
{
    // libtorch lays all weights of a transposed convolution out anew in each call. The one that widens most has the most of
    // them, for the fewest positions: a plain product is twice as quick there, and ten times for a part of few frames.
    private const int ProductStride = 5;

    private readonly ConvolutionLayer _layer;
    private readonly bool _isProduct;
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    public EncodecConvolution(ConvolutionLayer layer, IWeights weights, Device device)
    {
        _layer = layer;
        using var scope = NewDisposeScope();
        var gain = weights.Load($"{layer.Name}.conv.{ConvolutionLayer.Gain}");
        var direction = weights.Load($"{layer.Name}.conv.{ConvolutionLayer.Direction}");
        var length = direction.pow(2).sum([1L, 2L], keepdim: true).sqrt();
        var weight = direction * (gain / length);
        _isProduct = layer.IsTransposed && layer.Kernel == 2 * layer.Stride && layer.Stride > ProductStride;
        if (_isProduct)
            weight = weight.permute(2, 1, 0).reshape(layer.Kernel * layer.Outputs, layer.Inputs); // [kernel · out, in]
        _weight = scope.Detach(weight.contiguous().to(device));
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
        var widened = _isProduct ? Multiply(x) : nn.functional.conv_transpose1d(x, _weight, _bias, _layer.Stride);
        var cut = _layer.Kernel - _layer.Stride;
        var right = cut / 2;
        return widened.narrow(2, cut - right, widened.shape[2] - cut);
    }

    // Each position gives two strides of outputs, of which the second lies over the first of the next position.
    private Tensor Multiply(Tensor x)
    {
        var half = (long)_layer.Stride * _layer.Outputs;
        var spread = nn.functional.linear(x.transpose(1, 2), _weight); // [B, T, kernel · out]
        var first = nn.functional.pad(spread.narrow(2, 0, half), [0, 0, 0, 1]);
        var second = nn.functional.pad(spread.narrow(2, half, half), [0, 0, 1, 0]);
        var sum = (first + second).view(x.shape[0], -1, _layer.Outputs); // [B, (T + 1) · stride, out]
        return (sum + _bias).transpose(1, 2).contiguous();
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
