using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Programs.Kernels;

/// <summary>
/// Attention of one layer of musicgen-small in a step of one song under guidance: two rows of 16 heads, shared by a team of
/// threads. Each call reads another copy of the cache, together more than any cache of the processor's holds.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "BenchmarkDotNet calls the clean-up, and wants its classes open.")]
public class AttentionBenchmarks
{
    private const int Lanes = 2, Heads = 16, HeadWidth = 64;
    private const long Memory = 256 << 20;

    private ThreadTeam _team = null!;
    private NativeBlock _caches = null!;
    private NativeBlock _buffers = null!;
    private Work _work = null!;

    public static IEnumerable<string> Types => [nameof(WeightType.Float32), nameof(WeightType.BFloat16)];

    public static IEnumerable<string> KernelNames => ProductBenchmarks.KernelNames;

    [ParamsSource(nameof(Types))]
    public string Type { get; set; } = string.Empty;

    [ParamsSource(nameof(KernelNames))]
    public string Kernels { get; set; } = string.Empty;

    [Params(256, 1500)]
    public int Places { get; set; }

    /// <summary>What a call reads of the cache, and multiplies.</summary>
    internal static KernelCost Cost(string type, int places)
    {
        var numbers = 2L * Lanes * Heads * HeadWidth * places;
        return new KernelCost(numbers * PackedMatrix.ElementBytes(Enum.Parse<WeightType>(type)), numbers);
    }

    [GlobalSetup]
    public unsafe void Prepare()
    {
        var type = Enum.Parse<WeightType>(Type);
        var bytes = HeadCache.BytesFor(Heads, Places, HeadWidth, type);
        var count = (int)(Memory / bytes / Lanes) * Lanes;
        var threads = Environment.ProcessorCount;
        var scratch = Elements.Pad(Places) + (2 * Elements.Chunk);
        _caches = new NativeBlock(bytes * count);
        _buffers = new NativeBlock(sizeof(float) * ((3L * HeadWidth * Lanes * Heads) + ((long)threads * scratch)));
        var queries = (float*)_buffers.Start;
        for (var i = 0; i < 2 * Lanes * Heads * HeadWidth; i++)
            queries[i] = (i * 6151 % 1013 / 506.5f) - 1;
        var caches = Enumerable.Range(0, count).Select(i => new HeadCache((nint)(_caches.Start + (i * bytes)), HeadCache.Pad(Places), HeadWidth, type)).ToArray();
        for (var at = 0; at < Heads * Places; at++)
            caches[0].Put(at % Heads, at / Heads, queries + (at % 1024), queries + (at * 7 % 1024));
        for (var i = 1; i < count; i++)
            Buffer.MemoryCopy(_caches.Start, (void*)caches[i].Start, bytes, bytes);
        _work = new Work(KernelSelection.Named(Kernels)!, caches, Places, (nint)queries, scratch);
        _team = new ThreadTeam(threads);
    }

    [Benchmark]
    public void Attend()
    {
        _work.Turn();
        _team.Run(_work, Lanes * Heads);
    }

    [GlobalCleanup]
    public void Free()
    {
        _team.Dispose();
        _caches.Dispose();
        _buffers.Dispose();
    }

    private sealed unsafe class Work(IKernels kernels, HeadCache[] caches, int places, nint queries, int scratch) : ITeamWork
    {
        private int _first;

        public void Turn() => _first = (_first + Lanes) % caches.Length;

        public void Do(int part, int member)
        {
            var start = (float*)queries;
            kernels.Attend(new Attention
            {
                Cache = caches[_first + (part / Heads)],
                Head = part % Heads,
                Queries = start + (part * HeadWidth),
                QueryStride = HeadWidth,
                Count = 1,
                Length = places,
                Outputs = start + (((2 * Lanes * Heads) + part) * HeadWidth),
                OutputStride = HeadWidth,
                Scratch = start + (3 * Lanes * Heads * HeadWidth) + (member * scratch),
            });
        }
    }
}
