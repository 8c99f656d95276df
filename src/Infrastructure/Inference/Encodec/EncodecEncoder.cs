using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>Sound to codes. Long sound goes through the convolutions in windows that overlap by all they reach.</summary>
internal sealed class EncodecEncoder : IDisposable
{
    private const int WindowSeconds = 20;

    private readonly EncodecConfig _config;
    private readonly ResidualVectorQuantizer _quantizer;
    private readonly SeanetNetwork _entry;
    private readonly EncodecLstm _lstm;
    private readonly SeanetNetwork _exit;
    private readonly int _overlap;

    public EncodecEncoder(EncodecConfig config, ResidualVectorQuantizer quantizer, IWeights weights, Device device)
    {
        (_config, _quantizer) = (config, quantizer);
        var layers = SeanetLayout.Encoder(config);
        _entry = new SeanetNetwork(layers[..^3], weights, device);
        _lstm = new EncodecLstm((LstmLayer)layers[^3], weights, device);
        _exit = new SeanetNetwork(layers[^2..], weights, device);
        _overlap = Reach(config);
    }

    /// <summary>Encodes one channel.</summary>
    /// <param name="samples">At the codec's rate, within -1…1, at least one.</param>
    /// <param name="device">The codec's.</param>
    /// <param name="step">Called before each window; stops the work by throwing.</param>
    /// <returns>[Q][ceil(samples / hop)]</returns>
    public int[][] Encode(float[] samples, Device device, Action step)
    {
        using var scope = NewDisposeScope();
        var frames = (samples.Length + _config.Hop - 1) / _config.Hop;
        var window = WindowSeconds * _config.FrameRate;
        var parts = new List<Tensor>();
        for (var from = 0; from < frames;)
        {
            step();
            var to = frames - from < 2 * window ? frames : from + window;
            parts.Add(Enter(samples, from, to, frames, device));
            from = to;
        }

        var (output, state) = _lstm.Forward(cat(parts, 2), null);
        state.Dispose();
        return _quantizer.Encode(_exit.Forward(output));
    }

    public void Dispose()
    {
        _entry.Dispose();
        _lstm.Dispose();
        _exit.Dispose();
    }

    private Tensor Enter(float[] samples, int from, int to, int frames, Device device)
    {
        using var scope = NewDisposeScope();
        var (start, end) = (Math.Max(0, from - _overlap), Math.Min(frames, to + _overlap));
        var part = samples[(start * _config.Hop)..Math.Min(samples.Length, end * _config.Hop)];
        var x = tensor(part, device: device).view(1, 1, part.Length);
        return scope.MoveToOuter(_entry.Forward(x).narrow(2, from - start, to - from));
    }

    // Frames to each side that the convolutions before the recurrent layer see, rounded up at every stage.
    private static int Reach(EncodecConfig config)
    {
        var reach = 0;
        foreach (var ratio in config.Ratios)
        {
            reach = (reach * ratio) + (2 * ratio);
            for (var (j, dilation) = (0, 1); j < config.ResidualLayers; j++, dilation *= config.DilationGrowth)
                reach += config.ResidualKernel / 2 * dilation;
        }

        return ((reach + (config.Kernel / 2) + config.Hop - 1) / config.Hop) + 1;
    }
}
