using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Melody;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>
/// What a song's one or two rows hear: the first what was asked for, the second, under guidance, nothing or what is to be
/// kept away from. A text model hears through cross-attention, a melody model through a prefix.
/// </summary>
internal sealed class Conditions : IDisposable
{
    private Conditions(IReadOnlyList<IHeardText?> texts, IReadOnlyList<Tensor> prefixes) => (Texts, Prefixes) = (texts, prefixes);

    /// <summary>One for each row; null where it hears nothing.</summary>
    public IReadOnlyList<IHeardText?> Texts { get; }

    /// <summary>[T, h] for each row; none for a text model.</summary>
    public IReadOnlyList<Tensor> Prefixes { get; }

    public int Rows => Texts.Count;

    /// <summary>Columns before the codes.</summary>
    public int PrefixLength => Prefixes.Count == 0 ? 0 : (int)Prefixes[0].shape[0];

    /// <summary>For a model with cross-attention.</summary>
    public static Conditions OfText(MusicGenModel model, IReadOnlyList<int> text, IReadOnlyList<int>? avoided, bool isGuided)
    {
        IHeardText Hear(IReadOnlyList<int> tokens)
        {
            using var projected = model.Project(tokens);
            return model.Decoder.Hear(projected);
        }

        return new Conditions(isGuided ? [Hear(text), avoided is null ? null : Hear(avoided)] : [Hear(text)], []);
    }

    /// <summary>For a melody model: the melody's frames, then the text's.</summary>
    /// <param name="model">One that follows melodies.</param>
    /// <param name="text">Tokens.</param>
    /// <param name="avoided">Tokens for the second row; null for none.</param>
    /// <param name="classes">The melody's; null for none.</param>
    /// <param name="isGuided">Whether there is a second row.</param>
    /// <param name="padding">
    /// Columns of zeros after the text. A batch of the reference has them, and they are heard; songs by themselves have none.
    /// </param>
    public static Conditions OfMelody(
        MusicGenModel model, IReadOnlyList<int> text, IReadOnlyList<int>? avoided, IReadOnlyList<int>? classes, bool isGuided, int padding = 0)
    {
        using var scope = NewDisposeScope();
        var projected = model.Project(text);                                                                // [S, h]
        var other = avoided is null ? zeros_like(projected) : model.Project(avoided);
        var length = Math.Max(projected.shape[0], other.shape[0]) + padding;
        var first = cat([model.ProjectMelody(classes ?? [Chroma.None]), Lengthen(projected, length)], 0);   // [frames + S, h]
        if (!isGuided)
            return new Conditions([null], [scope.Detach(first)]);
        var second = cat([model.ProjectMelody([Chroma.None]), Lengthen(other, length)], 0);
        return new Conditions([null, null], [scope.Detach(first), scope.Detach(second)]);
    }

    public void Dispose()
    {
        foreach (var text in Texts)
            text?.Dispose();
        foreach (var prefix in Prefixes)
            prefix.Dispose();
    }

    private static Tensor Lengthen(Tensor text, long length) =>
        text.shape[0] == length ? text : cat([text, zeros([length - text.shape[0], text.shape[1]], device: text.device)], 0);
}
