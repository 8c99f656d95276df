using MusicGen.Infrastructure.Inference.Decoder;

namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>One step of several songs at once: every weight is read once for all of them.</summary>
internal static class DecoderPass
{
    /// <summary>Feeds each window its next column and chooses the one after: here, or where the decoder computes.</summary>
    /// <param name="model">The model of all of them.</param>
    /// <param name="windows">None of them done.</param>
    /// <param name="rows">
    /// Rows of every pass, however few songs there are: products of another shape may round otherwise, and a song would
    /// depend on its neighbours.
    /// </param>
    public static void Step(MusicGenModel model, IReadOnlyList<WindowDecoding> windows, int rows)
    {
        if (model.Decoder is IDeviceDecoder device)
        {
            DeviceRun.Of(device, model.Config.Decoder, windows, rows).Step();
            return;
        }

        var logits = model.Decoder.Pass([.. windows.Select(w => w.NextLane)], rows);
        var width = model.Config.Decoder.Codebooks * model.Config.Decoder.Cardinality;
        var at = 0;
        foreach (var window in windows)
        {
            window.Accept(logits.Slice(at, window.Rows * width));
            at += window.Rows * width;
        }
    }
}
