using MusicGen.Infrastructure.Inference.Kernels;
using MusicGen.Infrastructure.Inference.Text;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Decoder;

/// <summary>The decoder on this product's own kernels: reads its weights as fast as a CPU's memory gives them.</summary>
internal sealed unsafe class SimdDecoder : IDecoder
{
    // Columns of a row that go through at once: a long beginning goes in pieces, and the buffers stay small.
    private const int MaxColumns = 32;

    private readonly DecoderConfig _config;
    private readonly PackedDecoder _weights;
    private readonly ThreadTeam _team;
    private readonly RowBuffers _buffers;
    private readonly SimdPass _pass;
    private readonly WeightType _cacheType;
    private float[] _positions = [];

    /// <param name="config">Sizes.</param>
    /// <param name="weights">Its own from now on.</param>
    /// <param name="kernels">That this processor can run.</param>
    /// <param name="threads">To compute with, the caller counted.</param>
    public SimdDecoder(DecoderConfig config, PackedDecoder weights, IKernels kernels, int threads)
    {
        (_config, _weights, _team) = (config, weights, new ThreadTeam(threads));
        _buffers = new RowBuffers(config, threads);
        _pass = new SimdPass(config, weights, kernels, _team, _buffers);
        _cacheType = CacheType(weights.Type);
    }

    /// <summary>In what keys and values are kept.</summary>
    public static WeightType CacheType(WeightType weights) => weights == WeightType.Float32 ? WeightType.Float32 : WeightType.BFloat16;

    public IHeardText Hear(Tensor text)
    {
        var values = text.to(ScalarType.Float32, CPU).contiguous().data<float>().ToArray(); // [S, h]
        var length = values.Length / _config.Width;
        var heard = new SimdCache(_config, 1, length, _cacheType);
        _buffers.Reserve(length, heard.Capacity);
        for (var row = 0; row < length; row++)
            values.AsSpan(row * _config.Width, _config.Width).CopyTo(Row(row));
        heard.Advance(length);
        _pass.Hear(heard);
        return heard;
    }

    public IDecoderCache NewCache(int rows, int capacity) => new SimdCache(_config, rows, capacity, _cacheType);

    public ReadOnlySpan<float> Pass(IReadOnlyList<Lane> lanes, int rows)
    {
        var (columns, strands, places) = (lanes[0].Columns, 0, 0);
        for (var i = 0; i < lanes.Count; i++)
        {
            if (lanes[i].Columns != columns)
                throw new ArgumentException("The songs of a pass must have equally many new columns.", nameof(lanes));
            strands += lanes[i].Rows;
            places = Math.Max(places, lanes[i].Cache.Length + columns);
        }

        _buffers.Reserve(strands * Math.Min(columns, MaxColumns), Math.Max(places, T5Tokenizer.MaxTokens));
        NeedPositions(places);
        for (var done = 0; done < columns; done += MaxColumns)
        {
            var count = Math.Min(MaxColumns, columns - done);
            _pass.Clear();
            for (var i = 0; i < lanes.Count; i++)
                Enter(lanes[i], done, count);
            _pass.Run();
            for (var i = 0; i < lanes.Count; i++)
                ((SimdCache)lanes[i].Cache).Advance(count);
        }

        _pass.Score();
        return new ReadOnlySpan<float>(_buffers.Logits, strands * _buffers.LogitsWidth);
    }

    public void Dispose()
    {
        _team.Dispose();
        _buffers.Dispose();
        _weights.Dispose();
    }

    // Some columns of a song's rows, which differ in nothing but their prefix.
    private void Enter(Lane lane, int done, int count)
    {
        var cache = (SimdCache)lane.Cache;
        var prefix = lane.Prefixes.Count > 0 && cache.Length == done ? (int)lane.Prefixes[0].shape[0] : 0;
        var first = -1;
        for (var row = 0; row < lane.Rows; row++)
        {
            var start = _pass.Add(cache, row, (SimdCache?)lane.Texts[row], count);
            first = first < 0 ? start : first;
            for (var i = 0; i < count; i++)
            {
                var x = Row(start + i);
                if (done + i < prefix)
                    lane.Prefixes[row].select(0, done + i).to(ScalarType.Float32, CPU).data<float>().CopyTo(x);
                else if (row == 0)
                    Embed(lane.Codes[done + i - prefix], x);
                else
                    Row(first + i).CopyTo(x);
                if (done + i < prefix || row == 0)
                    Add(x, _positions.AsSpan((cache.Length + i) * _config.Width, _config.Width));
            }
        }
    }

    // Added one codebook after the other, as the reference does: another order differs in the last bit.
    private void Embed(int[] codes, Span<float> x)
    {
        x.Clear();
        for (var k = 0; k < codes.Length; k++)
        {
            var at = (((long)k * (_config.Cardinality + 1)) + codes[k]) * _config.Width;
            if (_weights.EmbeddingType == WeightType.Float32)
            {
                Add(x, new ReadOnlySpan<float>((float*)_weights.Embeddings + at, _config.Width));
                continue;
            }

            var halves = (ushort*)_weights.Embeddings + at;
            for (var i = 0; i < x.Length; i++)
                x[i] += Halves.ToFloat(halves[i]);
        }
    }

    private static void Add(Span<float> x, ReadOnlySpan<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            x[i] += y[i];
    }

    private Span<float> Row(int row) => new(_buffers.X + ((long)row * _buffers.Width), _config.Width);

    private void NeedPositions(int count)
    {
        if (_positions.Length >= count * _config.Width)
            return;
        using var table = SinusoidalPositions.Compute(_config.Width, Math.Max(count * 2, _config.Positions));
        _positions = table.data<float>().ToArray();
    }
}
