using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>Sizes of the audio codec (Défossez et al. 2022), by the names of Hugging Face's config in comments.</summary>
/// <param name="SampleRate">sampling_rate, in hertz</param>
/// <param name="Filters">num_filters: channels at the full rate, doubled at every stage down</param>
/// <param name="Width">hidden_size: of a latent frame and of a codebook's vector</param>
/// <param name="Cardinality">codebook_size</param>
/// <param name="Ratios">upsampling_ratios, from the frames to the samples</param>
/// <param name="Kernel">kernel_size</param>
/// <param name="LastKernel">last_kernel_size</param>
/// <param name="ResidualKernel">residual_kernel_size</param>
/// <param name="ResidualLayers">num_residual_layers</param>
/// <param name="DilationGrowth">dilation_growth_rate</param>
/// <param name="Compress">compress: by how much a residual unit is narrower inside</param>
/// <param name="LstmLayers">num_lstm_layers</param>
/// <param name="Bandwidth">target_bandwidths, the last, in kbit/s</param>
internal sealed record EncodecConfig(
    int SampleRate, int Filters, int Width, int Cardinality, IReadOnlyList<int> Ratios, int Kernel, int LastKernel,
    int ResidualKernel, int ResidualLayers, int DilationGrowth, int Compress, int LstmLayers, double Bandwidth)
{
    /// <summary>Samples of a frame.</summary>
    public int Hop => Ratios.Aggregate(1, (product, r) => product * r);

    /// <summary>Frames of a second, rounded up.</summary>
    public int FrameRate => (SampleRate + Hop - 1) / Hop;

    /// <summary>Codebooks of one channel: as many as the bandwidth pays for.</summary>
    public int Quantizers => (int)Math.Floor(Bandwidth * 1000 / (Math.Ceiling(Math.Log2(Cardinality)) * FrameRate));

    /// <summary>Channels at the frames' rate.</summary>
    public int DeepWidth => Filters << Ratios.Count;

    public static EncodecConfig Read(ConfigSection section)
    {
        section.Require("model_type", "encodec", "encodec");
        section.Require("pad_mode", "reflect", "reflect");
        section.Require("norm_type", "weight_norm", "weight_norm");
        section.Require("use_causal_conv", expected: false, otherwise: true);
        section.Require("use_conv_shortcut", expected: false, otherwise: true);
        section.Require("normalize", expected: false, otherwise: false);
        if (section.Number("audio_channels", 1, 2, 1) != 1)
            throw section.Fault("audio_channels", "must be 1: stereo models code each channel by itself");
        var width = section.Number("hidden_size", 1, 1 << 14, 128);
        if (section.Number("codebook_dim", 1, 1 << 14, width) != width)
            throw section.Fault("codebook_dim", "must equal hidden_size");
        var config = new EncodecConfig(
            section.Number("sampling_rate", 1000, 192_000, 24000),
            section.Number("num_filters", 1, 1 << 12, 32),
            width,
            section.Number("codebook_size", 2, 1 << 16, 1024),
            section.Numbers("upsampling_ratios", 1, 64, 8, [8, 5, 4, 2]),
            section.Number("kernel_size", 1, 63, 7),
            section.Number("last_kernel_size", 1, 63, 7),
            section.Number("residual_kernel_size", 1, 63, 3),
            section.Number("num_residual_layers", 1, 4, 1),
            section.Number("dilation_growth_rate", 1, 8, 2),
            section.Number("compress", 1, 1 << 12, 2),
            section.Number("num_lstm_layers", 1, 8, 2),
            section.LastReal("target_bandwidths", 0.01, 1000, 24));
        if (config.Hop is < 2 or > 1 << 14)
            throw section.Fault("upsampling_ratios", "must make frames of 2 to 16384 samples");
        return config.Quantizers is >= 1 and <= 64 ? config : throw section.Fault("target_bandwidths", "must pay for 1 to 64 codebooks");
    }
}
