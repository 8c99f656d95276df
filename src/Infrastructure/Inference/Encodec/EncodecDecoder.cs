using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>
/// Codes to sound (Défossez et al. 2022), a second at a time in flat memory: the recurrent layer carries its state from
/// part to part, and the convolutions around it see as much of their neighbours as they reach.
/// </summary>
internal sealed class EncodecDecoder : IDisposable
{
    private readonly EncodecConfig _config;
    private readonly ResidualVectorQuantizer _quantizer;
    private readonly SeanetNetwork _entry;
    private readonly EncodecLstm _lstm;
    private readonly SeanetNetwork _exit;

    public EncodecDecoder(EncodecConfig config, ResidualVectorQuantizer quantizer, IWeights weights, Device device)
    {
        (_config, _quantizer) = (config, quantizer);
        var layers = SeanetLayout.Decoder(config);
        _entry = new SeanetNetwork(layers[..1], weights, device);
        _lstm = new EncodecLstm((LstmLayer)layers[1], weights, device);
        _exit = new SeanetNetwork(layers[2..], weights, device);
        EntryReach = config.Kernel / 2;
        ExitReach = ReachOfExit(config);
    }

    /// <summary>Frames to each side that the convolution before the recurrent layer sees.</summary>
    public int EntryReach { get; }

    /// <summary>Frames to each side that the convolutions after it see, at most.</summary>
    public int ExitReach { get; }

    /// <summary>Starts on the codes of one channel.</summary>
    /// <param name="codes">[Q][frames]</param>
    public EncodecStream Open(int[][] codes) => new(this, codes);

    public void Dispose()
    {
        _entry.Dispose();
        _lstm.Dispose();
        _exit.Dispose();
    }

    internal int Hop => _config.Hop;

    internal int FrameRate => _config.FrameRate;

    /// <summary>The first convolution's outputs for frames from..to-1, [1, deep width, to - from].</summary>
    internal Tensor Enter(int[][] codes, int from, int to)
    {
        using var scope = NewDisposeScope();
        var (start, end) = (Math.Max(0, from - EntryReach), Math.Min(codes[0].Length, to + EntryReach));
        return scope.MoveToOuter(_entry.Forward(_quantizer.Decode(codes, start, end - start)).narrow(2, from - start, to - from));
    }

    internal (Tensor Output, LstmState State) Recur(Tensor x, LstmState? state) => _lstm.Forward(x, state);

    /// <summary>Sound of latents, [samples].</summary>
    internal Tensor Leave(Tensor x) => _exit.Forward(x).view(-1);

    // Back from the samples to the frames: what one sample needs of each layer's input, to one side.
    private static int ReachOfExit(EncodecConfig config)
    {
        var reach = config.LastKernel / 2;
        foreach (var ratio in config.Ratios.Reverse())
        {
            for (var (j, dilation) = (0, 1); j < config.ResidualLayers; j++, dilation *= config.DilationGrowth)
                reach += config.ResidualKernel / 2 * dilation;
            reach = ((reach + ratio - 1) / ratio) + 1;
        }

        return reach;
    }
}

/// <summary>The sound of one channel's codes, part by part.</summary>
internal sealed class EncodecStream(EncodecDecoder decoder, int[][] codes) : IDisposable
{
    private readonly int _frames = codes[0].Length;
    private LstmState? _state;
    private Tensor? _kept; // the recurrent layer's outputs from _keptFrom on
    private int _keptFrom;
    private int _recurred;
    private int _done;

    /// <summary>Parts that a channel of so many frames takes.</summary>
    public static int Parts(int frames, int frameRate) => Math.Max(1, frames / frameRate);

    public bool IsDone => _done == _frames;

    /// <summary>The next second; the last part is up to two seconds long, since a short rest would lack its neighbours.</summary>
    public float[] Next()
    {
        using var scope = NewDisposeScope();
        var end = _frames - _done < 2 * decoder.FrameRate ? _frames : _done + decoder.FrameRate;
        var seen = Math.Min(_frames, end + decoder.ExitReach);
        var (fresh, state) = decoder.Recur(decoder.Enter(codes, _recurred, seen), _state);
        _state = state;
        _recurred = seen;

        var latents = _kept is null ? fresh : cat([_kept, fresh], 2);
        var sound = decoder.Leave(latents).narrow(0, (long)(_done - _keptFrom) * decoder.Hop, (long)(end - _done) * decoder.Hop);
        var samples = sound.to(CPU).contiguous().data<float>().ToArray();

        var keepFrom = Math.Max(0, end - decoder.ExitReach);
        var kept = scope.Detach(latents.narrow(2, keepFrom - _keptFrom, seen - keepFrom).clone());
        _kept?.Dispose();
        (_kept, _keptFrom, _done) = (kept, keepFrom, end);
        return samples;
    }

    public void Dispose()
    {
        _state?.Dispose();
        _kept?.Dispose();
    }
}
