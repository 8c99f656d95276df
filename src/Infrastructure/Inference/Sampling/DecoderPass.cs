using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>One step of several songs at once: every weight is read once for all of them.</summary>
internal static class DecoderPass
{
    /// <summary>Feeds each window its next column and lets it choose the one after.</summary>
    /// <param name="model">The model of all of them.</param>
    /// <param name="windows">None of them done.</param>
    /// <param name="rows">
    /// Rows of every pass, however few songs there are: products of another shape may round otherwise, and a song would
    /// depend on its neighbours.
    /// </param>
    public static void Step(MusicGenModel model, IReadOnlyList<WindowDecoding> windows, int rows)
    {
        using var scope = NewDisposeScope();
        var next = model.Decoder.EmbedNext([.. windows.Select(w => w.NextCodes)], [.. windows.Select(w => w.NextPosition)]); // [songs, h]
        var owners = windows.SelectMany((w, song) => Enumerable.Repeat(song, w.Rows)).ToList();
        var used = owners.Count;
        owners.AddRange(Enumerable.Repeat(0, Math.Max(0, rows - used)));
        var x = next.index_select(0, tensor(owners.ToArray(), device: next.device));                                        // [rows, h]
        var hidden = model.Decoder.Forward(x, [.. windows.Select(w => w.NextLane)]);
        var logits = model.Decoder.Logits(hidden).data<float>().ToArray();

        var width = model.Config.Decoder.Codebooks * model.Config.Decoder.Cardinality;
        var at = 0;
        foreach (var window in windows)
        {
            window.Accept(logits.AsSpan(at, window.Rows * width));
            at += window.Rows * width;
        }
    }
}
