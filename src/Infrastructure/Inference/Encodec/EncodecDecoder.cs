using MusicGen.Infrastructure.Inference.Checkpoints;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>
/// Codes to sound (Défossez et al. 2022), part by part in flat memory: the recurrent layer carries its state from part to
/// part, and the convolutions around it see as much of their neighbours as they reach.
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
        ExitReach = ReachOfExit(layers[2..], config.Hop);
    }

    /// <summary>Frames to each side that the convolution before the recurrent layer sees.</summary>
    public int EntryReach { get; }

    /// <summary>Frames to each side that the convolutions after it see.</summary>
    public int ExitReach { get; }

    /// <summary>Frames after a part whose codes decide its sound too.</summary>
    public int LookAhead => EntryReach + ExitReach;

    /// <summary>Starts on the codes of one channel.</summary>
    /// <param name="codes">[Q][frames]; those that <see cref="EncodecStream.Wanted"/> doesn't count yet may still be written.</param>
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

    // Back from the samples of one frame to the frames that they come from.
    private static int ReachOfExit(IEnumerable<SeanetLayer> layers, int hop)
    {
        var (first, last) = (0, hop - 1);
        foreach (var layer in layers.Reverse())
            (first, last) = layer.Reads(first, last);
        return Math.Max(-first, last);
    }
}

/// <summary>
/// The sound of one channel's codes, part by part. Where parts end is a function of the frame alone, whoever listens: how a
/// convolution rounds depends on its length, and the same song is to be the same samples.
/// </summary>
internal sealed class EncodecStream(EncodecDecoder decoder, int[][] codes) : IDisposable
{
    // The first part is 1/25 s, which is soon made, and the next ones double until a part is a second.
    private const int FirstPart = 25;

    private readonly int _frames = codes[0].Length;
    private LstmState? _state;
    private Tensor? _kept; // the recurrent layer's outputs from _keptFrom on
    private int _keptFrom;
    private int _recurred;
    private int _done;

    public bool IsDone => _done == _frames;

    /// <summary>Frames whose codes the next part needs, from the song's first on.</summary>
    public int Wanted => Math.Min(_frames, EndOfPart(decoder, _done, _frames) + decoder.LookAhead);

    /// <summary>Parts that a channel of so many frames takes.</summary>
    public static int Parts(EncodecDecoder decoder, int frames)
    {
        var parts = 0;
        for (var done = 0; done < frames; done = EndOfPart(decoder, done, frames))
            parts++;
        return parts;
    }

    /// <summary>The samples of the next part.</summary>
    public float[] Next() => NextTo(EndOfPart(decoder, _done, _frames));

    /// <summary>The samples of the frames from the last part's end to another.</summary>
    /// <param name="end">The song's end, or so far before it that what follows has frames that nobody saw yet.</param>
    public float[] NextTo(int end)
    {
        using var scope = NewDisposeScope();
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

    // A part that sees the end goes on to it: a rest shorter than that would have nothing new to read.
    private static int EndOfPart(EncodecDecoder decoder, int start, int frames)
    {
        var end = start + Math.Clamp(start, Math.Max(1, decoder.FrameRate / FirstPart), decoder.FrameRate);
        return end + decoder.LookAhead >= frames ? frames : end;
    }
}
