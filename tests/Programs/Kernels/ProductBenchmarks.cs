using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Programs.Kernels;

/// <summary>
/// The four products of a layer of musicgen-small, shared by a team of threads as the decoder shares them. Each call reads
/// another copy of the weights: together the copies are bigger than any cache, as the layers of a model are.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "BenchmarkDotNet calls the clean-up, and wants its classes open.")]
public class ProductBenchmarks
{
    private const long Memory = 256 << 20;

    // As the decoder shares a product.
    private const int TilesOfPart = 16;

    private readonly List<PackedMatrix> _copies = [];
    private ThreadTeam _team = null!;
    private NativeBlock _data = null!;
    private NativeBlock _scales = null!;
    private NativeBlock _rows = null!;
    private Work _work = null!;
    private int _next;

    /// <summary>Outputs and inputs.</summary>
    public static IReadOnlyDictionary<string, (int Outputs, int Inputs)> Sizes { get; } = new Dictionary<string, (int, int)>(StringComparer.Ordinal)
    {
        ["queries, keys, values: 3072 x 1024"] = (3072, 1024),
        ["after attention: 1024 x 1024"] = (1024, 1024),
        ["inner: 4096 x 1024"] = (4096, 1024),
        ["outer: 1024 x 4096"] = (1024, 4096),
    };

    public static IEnumerable<string> Shapes => Sizes.Keys;

    public static IEnumerable<string> Types => Enum.GetNames<WeightType>();

    public static IEnumerable<string> KernelNames => KernelSelection.All.Select(k => k.Name);

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = string.Empty;

    [ParamsSource(nameof(Types))]
    public string Type { get; set; } = string.Empty;

    [ParamsSource(nameof(KernelNames))]
    public string Kernels { get; set; } = string.Empty;

    [Params(1, 2, 8, 16, 32)]
    public int Rows { get; set; }

    /// <summary>What a call reads of the weights, and multiplies.</summary>
    internal static KernelCost Cost(string shape, string type, int rows)
    {
        var ((outputs, inputs), weights) = (Sizes[shape], Enum.Parse<WeightType>(type));
        return new KernelCost(PackedMatrix.Sizes(outputs, inputs, weights).Data, (double)outputs * inputs * rows);
    }

    [GlobalSetup]
    public unsafe void Prepare()
    {
        var ((outputs, inputs), type, kernels) = (Sizes[Shape], Enum.Parse<WeightType>(Type), KernelSelection.Named(Kernels)!);
        var (data, scales) = PackedMatrix.Sizes(outputs, inputs, type);
        var copies = (int)(Memory / data);
        (_data, _scales) = (new NativeBlock(data * copies), new NativeBlock(scales));
        var first = new PackedMatrix((nint)_data.Start, (nint)_scales.Start, outputs, inputs, type);
        first.Fill([.. Enumerable.Range(0, outputs * inputs).Select(i => (i * 7919 % 1009 / 504.5f) - 1)], inputs, 0);
        for (var copy = 0; copy < copies; copy++)
        {
            _copies.Add(first with { Data = (nint)(_data.Start + (copy * data)) });
            Buffer.MemoryCopy(_data.Start, (void*)_copies[copy].Data, data, data);
        }

        _rows = new NativeBlock((long)Rows * ((inputs * (sizeof(float) + sizeof(short))) + ((outputs + 1) * sizeof(float))));
        var x = (float*)_rows.Start;
        var y = x + (Rows * inputs);
        var steps = y + (Rows * outputs);
        var shorts = (short*)(steps + Rows);
        for (var i = 0; i < Rows * inputs; i++)
            x[i] = (i * 6151 % 1013 / 506.5f) - 1;
        for (var row = 0; row < Rows; row++)
            steps[row] = kernels.Quantise(x + (row * inputs), shorts + (row * inputs), inputs);
        _work = new Work(kernels, new Product { Weights = first, Inputs = x, Shorts = shorts, Steps = steps, InputStride = inputs, Rows = Rows, Outputs = y, OutputStride = outputs });
        _team = new ThreadTeam(Environment.ProcessorCount);
    }

    [Benchmark]
    public void Multiply()
    {
        _next = (_next + 1) % _copies.Count;
        _work.Product.Weights = _copies[_next];
        _team.Run(_work, (_copies[_next].Tiles + TilesOfPart - 1) / TilesOfPart);
    }

    [GlobalCleanup]
    public void Free()
    {
        _team.Dispose();
        _data.Dispose();
        _scales.Dispose();
        _rows.Dispose();
        _copies.Clear();
    }

    private sealed class Work(IKernels kernels, Product product) : ITeamWork
    {
        public Product Product = product;

        public void Do(int part, int member) =>
            kernels.Multiply(Product, part * TilesOfPart, Math.Min((part + 1) * TilesOfPart, Product.Weights.Tiles));
    }
}
