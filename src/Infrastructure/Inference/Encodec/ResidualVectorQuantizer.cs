using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>Codes to latents and back: each codebook codes what the ones before it left (Zeghidour et al. 2021).</summary>
internal sealed class ResidualVectorQuantizer : IDisposable
{
    private readonly Tensor[] _codebooks;

    public ResidualVectorQuantizer(EncodecConfig config, IWeights weights, Device device) =>
        _codebooks = [.. Enumerable.Range(0, config.Quantizers).Select(q => weights.LoadTo($"audio_encoder.quantizer.layers.{q}.codebook.embed", device, ScalarType.Float32))];

    /// <param name="codes">[Q][frames]</param>
    /// <param name="from">First frame.</param>
    /// <param name="count">Frames.</param>
    /// <returns>[1, width, count]</returns>
    public Tensor Decode(int[][] codes, int from, int count)
    {
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        for (var q = 0; q < _codebooks.Length; q++)
        {
            var vectors = _codebooks[q].index_select(0, tensor(codes[q][from..(from + count)], device: _codebooks[q].device)); // [count, width]
            sum = sum is null ? vectors : sum + vectors;
        }

        return scope.MoveToOuter(sum!.transpose(0, 1).unsqueeze(0));
    }

    /// <param name="latents">[1, width, frames]</param>
    /// <returns>[Q][frames]</returns>
    public int[][] Encode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var codes = new int[_codebooks.Length][];
        var rest = latents.squeeze(0).transpose(0, 1); // [frames, width]
        for (var q = 0; q < codes.Length; q++)
        {
            var embed = _codebooks[q].transpose(0, 1);
            var distance = rest.pow(2).sum(1, keepdim: true) - (2 * rest).matmul(embed) + embed.pow(2).sum(0, keepdim: true); // [frames, V]
            var nearest = distance.neg().argmax(-1);
            codes[q] = [.. nearest.to(ScalarType.Int32, CPU).data<int>()];
            rest = rest - _codebooks[q].index_select(0, nearest);
        }

        return codes;
    }

    public void Dispose()
    {
        foreach (var codebook in _codebooks)
            codebook.Dispose();
    }
}
