using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>
/// The layers, as works of a team of threads one after the other. What each part of a work writes is its own, and how it
/// is computed doesn't depend on the rows beside it: a song is the same alone and in company.
/// </summary>
internal sealed unsafe class SimdPass(DecoderConfig config, PackedDecoder weights, IKernels kernels, ThreadTeam team, RowBuffers buffers) : ITeamWork
{
    // Tiles of a part of a product: enough not to be claimed too often, whole vectors of outputs.
    private const int TilesOfPart = 16;

    // From so many rows on, work between products is shared too.
    private const int FewRows = 4;

    private readonly List<Strand> _strands = [];
    private Phase _phase;
    private int _layer;
    private int _rows;
    private int _heard;
    private Product _product;
    private PackedNorm _norm;
    private int* _normRows; // null for all
    private bool _isQuantised;

    private enum Phase
    {
        Product,
        Norm,
        Quantise,
        SelfAttention,
        CrossAttention,
    }

    /// <summary>Begins another pass.</summary>
    public void Clear()
    {
        _strands.Clear();
        (_rows, _heard) = (0, 0);
    }

    /// <summary>Adds a row of a song with its columns, whose input must be written to <see cref="RowBuffers.X"/> from the given row on.</summary>
    public int Add(SimdCache cache, int row, SimdCache? text, int count)
    {
        var first = _rows;
        _strands.Add(new Strand(cache, row, text, first, count, _heard));
        _rows += count;
        for (var i = 0; text is not null && i < count; i++)
            buffers.Heard[_heard++] = first + i;
        return first;
    }

    /// <summary>All layers; caches take in the new columns but don't advance.</summary>
    public void Run()
    {
        for (_layer = 0; _layer < weights.Layers.Count; _layer++)
        {
            var layer = weights.Layers[_layer];
            Normalise(layer.SelfNorm, null, _rows, layer.SelfInput.Type);
            Multiply(layer.SelfInput, buffers.Normed, buffers.Width, _rows, buffers.Mixed, buffers.MixedWidth, ProductEnd.Replaces, null);
            Do(Phase.SelfAttention, _strands.Count * config.Heads);
            Multiply(layer.SelfOutput, buffers.Normed, buffers.Width, _rows, buffers.X, buffers.Width, ProductEnd.Adds, null);
            if (_heard > 0)
            {
                Normalise(layer.CrossNorm, buffers.Heard, _heard, layer.CrossQuery.Type);
                Multiply(layer.CrossQuery, buffers.Normed, buffers.Width, _heard, buffers.Mixed, buffers.MixedWidth, ProductEnd.Replaces, null);
                Do(Phase.CrossAttention, _strands.Count * config.Heads);
                Multiply(layer.CrossOutput, buffers.Normed, buffers.Width, _heard, buffers.X, buffers.Width, ProductEnd.Adds, buffers.Heard);
            }

            Normalise(layer.InnerNorm, null, _rows, layer.Inner.Type);
            Multiply(layer.Inner, buffers.Normed, buffers.Width, _rows, buffers.Inner, buffers.InnerWidth, ProductEnd.Activates, null);
            Multiply(layer.Outer, buffers.Inner, buffers.InnerWidth, _rows, buffers.X, buffers.Width, ProductEnd.Adds, null);
        }
    }

    /// <summary>Scores after the last column of each strand, [strands, codebooks · cardinality], in <see cref="RowBuffers.Logits"/>.</summary>
    public void Score()
    {
        for (var i = 0; i < _strands.Count; i++)
            buffers.Heard[i] = _strands[i].First + _strands[i].Count - 1;
        Normalise(weights.Final, buffers.Heard, _strands.Count, weights.Heads.Type);
        Multiply(weights.Heads, buffers.Normed, buffers.Width, _strands.Count, buffers.Logits, buffers.LogitsWidth, ProductEnd.Replaces, null);
    }

    /// <summary>Keys and values of a text in every layer.</summary>
    /// <param name="text">Holds them afterwards; its length is S, and X holds the text's S rows.</param>
    public void Hear(SimdCache text)
    {
        var h = config.Width;
        var d = config.HeadWidth;
        for (var layer = 0; layer < weights.Texts.Count; layer++)
        {
            Multiply(weights.Texts[layer], buffers.X, buffers.Width, text.Length, buffers.Mixed, buffers.MixedWidth, ProductEnd.Replaces, null);
            var cache = text.Of(layer, 0);
            for (var place = 0; place < text.Length; place++)
            {
                var keys = buffers.Mixed + ((long)place * buffers.MixedWidth);
                for (var head = 0; head < config.Heads; head++)
                    cache.Put(head, place, keys + (head * d), keys + h + (head * d));
            }
        }
    }

    void ITeamWork.Do(int part, int member)
    {
        switch (_phase)
        {
            case Phase.Product:
                kernels.Multiply(_product, part * TilesOfPart, Math.Min((part + 1) * TilesOfPart, _product.Weights.Tiles));
                break;
            case Phase.Norm:
                var x = buffers.X + ((long)(_normRows is null ? part : _normRows[part]) * buffers.Width);
                var normed = buffers.Normed + ((long)part * buffers.Width);
                kernels.Normalise(x, (float*)_norm.Weight, (float*)_norm.Bias, normed, config.Width);
                if (_isQuantised)
                    Quantise(part, normed, Elements.Pad(config.Width));
                break;
            case Phase.Quantise:
                Quantise(part, _product.Inputs + ((long)part * _product.InputStride), _product.Weights.Inputs);
                break;
            case Phase.SelfAttention:
                AttendSelf(_strands[part / config.Heads], part % config.Heads, member);
                break;
            default:
                AttendText(_strands[part / config.Heads], part % config.Heads, member);
                break;
        }
    }

    private void Normalise(PackedNorm norm, int* rows, int count, WeightType type)
    {
        (_norm, _isQuantised) = (norm, type == WeightType.Int8);
        _normRows = rows;
        DoRows(Phase.Norm, count);
    }

    private void Multiply(in PackedMatrix matrix, float* inputs, int inputStride, int rows, float* outputs, int outputStride, ProductEnd end, int* targets)
    {
        _product = new Product
        {
            Weights = matrix,
            Inputs = inputs,
            InputStride = inputStride,
            Rows = rows,
            Outputs = outputs,
            OutputStride = outputStride,
            End = end,
            Targets = targets,
        };
        if (matrix.Type == WeightType.Int8)
        {
            if (!_isQuantised)
                DoRows(Phase.Quantise, rows);
            _product.Shorts = buffers.Shorts;
            _product.InputStride = buffers.InnerWidth;
            _product.Steps = buffers.Steps;
        }

        _isQuantised = false;
        Do(Phase.Product, (matrix.Tiles + TilesOfPart - 1) / TilesOfPart);
    }

    private void Quantise(int row, float* x, int width) =>
        buffers.Steps[row] = kernels.Quantise(x, buffers.Shorts + ((long)row * buffers.InnerWidth), width);

    private void AttendSelf(in Strand strand, int head, int member)
    {
        var (h, d) = (config.Width, config.HeadWidth);
        var (past, length) = (strand.Past(_layer), strand.Cache.Length);
        var mixed = buffers.Mixed + ((long)strand.First * buffers.MixedWidth) + (head * d);
        for (var i = 0; i < strand.Count; i++)
        {
            var own = mixed + ((long)i * buffers.MixedWidth);
            past.Put(head, length + i, own + h, own + (2 * h));
        }

        kernels.Attend(new Attention
        {
            Cache = past,
            Head = head,
            Queries = mixed,
            QueryStride = buffers.MixedWidth,
            Count = strand.Count,
            Length = length + 1,
            IsCausal = true,
            Outputs = buffers.Normed + ((long)strand.First * buffers.Width) + (head * d),
            OutputStride = buffers.Width,
            Scratch = buffers.Scratch(member),
        });
    }

    private void AttendText(in Strand strand, int head, int member)
    {
        if (strand.Text is not { } text)
            return;
        kernels.Attend(new Attention
        {
            Cache = text.Of(_layer, 0),
            Head = head,
            Queries = buffers.Mixed + ((long)strand.FirstHeard * buffers.MixedWidth) + (head * config.HeadWidth),
            QueryStride = buffers.MixedWidth,
            Count = strand.Count,
            Length = text.Length,
            Outputs = buffers.Normed + ((long)strand.FirstHeard * buffers.Width) + (head * config.HeadWidth),
            OutputStride = buffers.Width,
            Scratch = buffers.Scratch(member),
        });
    }

    private void DoRows(Phase phase, int rows)
    {
        if (rows > FewRows)
        {
            Do(phase, rows);
            return;
        }

        _phase = phase;
        for (var row = 0; row < rows; row++)
            ((ITeamWork)this).Do(row, 0);
    }

    private void Do(Phase phase, int parts)
    {
        _phase = phase;
        team.Run(this, parts);
    }
}
