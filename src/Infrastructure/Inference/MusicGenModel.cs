using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Melody;
using MusicGen.Infrastructure.Inference.Text;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference;

/// <summary>A loaded model, whole: text encoder, decoder and codec, and the bridges between them.</summary>
internal sealed class MusicGenModel : IDisposable
{
    private readonly IWeights _weights;
    private readonly T5Encoder _text;
    private readonly Bridge _textBridge;
    private readonly Bridge? _melodyBridge;
    private readonly ResidualVectorQuantizer _quantizer;
    private readonly Chroma? _chroma;
    private EncodecEncoder? _encoder;

    /// <param name="config">Sizes.</param>
    /// <param name="weights">Every tensor of the sizes; stays the caller's, and open as long as the model is used.</param>
    /// <param name="device">Where text encoder and codec compute, in float32.</param>
    /// <param name="decoder">Its own from now on.</param>
    public MusicGenModel(MusicGenConfig config, IWeights weights, Device device, IDecoder decoder)
    {
        (Config, Device, _weights) = (config, device, weights);
        _text = new T5Encoder(config.Text, weights, device);
        _textBridge = new Bridge("enc_to_dec_proj", config.Text.Width, config.Decoder.Width, weights, device);
        Decoder = decoder;
        _quantizer = new ResidualVectorQuantizer(config.Codec, weights, device);
        Codec = new EncodecDecoder(config.Codec, _quantizer, weights, device);
        if (config.Melody is not { } melody)
            return;
        _melodyBridge = new Bridge("audio_enc_to_dec_proj", melody.Classes, config.Decoder.Width, weights, device);
        _chroma = new Chroma(config.Codec.SampleRate);
    }

    public MusicGenConfig Config { get; }

    public Device Device { get; }

    public IDecoder Decoder { get; }

    /// <summary>Loaded when a recording is first gone on from: most songs never need it.</summary>
    public EncodecEncoder Encoder => _encoder ??= new EncodecEncoder(Config.Codec, _quantizer, _weights, Device);

    public EncodecDecoder Codec { get; }

    /// <summary>The text encoder's last hidden state, [1, S, D].</summary>
    public Tensor Hidden(IReadOnlyList<int> tokens) => _text.Forward(tokens);

    /// <summary>A text in the decoder's width, [S, h].</summary>
    public Tensor Project(IReadOnlyList<int> tokens)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(_textBridge.Forward(Hidden(tokens).squeeze(0)));
    }

    /// <summary>The pitch classes of a melody at the codec's rate.</summary>
    public int[] Follow(float[] samples) => _chroma!.Of(samples);

    /// <summary>A melody in the decoder's width, repeated or cut to the length the model knows, [frames, h].</summary>
    /// <param name="classes">Of each frame; <see cref="Chroma.None"/> alone where there is no melody.</param>
    public Tensor ProjectMelody(IReadOnlyList<int> classes)
    {
        using var scope = NewDisposeScope();
        var frames = Config.Melody!.Frames;
        var repeated = Enumerable.Range(0, frames).Select(i => (long)classes[i % classes.Count]).ToArray();
        var oneHot = nn.functional.one_hot(tensor(repeated), Config.Melody.Classes).to(ScalarType.Float32, Device);
        return scope.MoveToOuter(_melodyBridge!.Forward(oneHot));
    }

    public void Dispose()
    {
        _text.Dispose();
        _textBridge.Dispose();
        _melodyBridge?.Dispose();
        _chroma?.Dispose();
        Decoder.Dispose();
        _encoder?.Dispose();
        Codec.Dispose();
        _quantizer.Dispose();
    }

    /// <summary>A projection between two widths; between equal ones there is none.</summary>
    private sealed class Bridge : IDisposable
    {
        private readonly Tensor? _weight;
        private readonly Tensor? _bias;

        public Bridge(string name, int from, int to, IWeights weights, Device device)
        {
            if (from == to)
                return;
            _weight = weights.LoadTo($"{name}.weight", device, ScalarType.Float32);
            _bias = weights.LoadTo($"{name}.bias", device, ScalarType.Float32);
        }

        public Tensor Forward(Tensor x) => _weight is null ? x : nn.functional.linear(x, _weight, _bias);

        public void Dispose()
        {
            _weight?.Dispose();
            _bias?.Dispose();
        }
    }
}
