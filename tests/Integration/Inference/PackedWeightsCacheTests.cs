using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Kernels;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>Packed weights on disk: the same as packed anew, whatever happened to the file.</summary>
[Collection(Reference.Torch)]
public sealed class PackedWeightsCacheTests : IDisposable
{
    private readonly IDisposable _mode;
    private readonly ModelFolders _models;
    private readonly string _folder;
    private readonly Lines _log = new();

    public PackedWeightsCacheTests()
    {
        Reference.NeedTorch();
        _mode = torch.inference_mode();
        _models = new ModelFolders("mono");
        _folder = Path.Combine(_models.Path, "packed");
    }

    private string Model => Path.Combine(_models.Path, "acme", "mono");

    private string Weights => Path.Combine(Model, Checkpoint.SingleFile);

    public void Dispose()
    {
        _models?.Dispose();
        _mode?.Dispose();
    }

    [Theory]
    [InlineData(nameof(WeightType.BFloat16))]
    [InlineData(nameof(WeightType.Int8))]
    public void What_was_written_is_read_back(string name)
    {
        var type = Enum.Parse<WeightType>(name);
        var expected = Packed(type);

        Assert.Equal(expected, Loaded(type));
        Assert.Equal([FileOf(type)], Directory.GetFiles(_folder));
        var written = File.GetLastWriteTimeUtc(FileOf(type));
        Assert.Equal(expected, Loaded(type));

        Assert.Equal(written, File.GetLastWriteTimeUtc(FileOf(type)));
        Assert.Empty(_log.Events);
        // It is the file that is used: another number in it, with the sum made true, is what comes back.
        Rewrite(FileOf(type), file => file[^100] ^= 1);
        Assert.Equal(1, expected.Zip(Loaded(type)).Count(pair => pair.First != pair.Second));
    }

    [Theory]
    [InlineData("empty", null)]
    [InlineData("half", null)]
    [InlineData("a byte less", null)]
    [InlineData("a byte more", null)]
    [InlineData("a bit of the head", null)]
    [InlineData("a bit of the weights", 7206)]
    [InlineData("a bit of the sum", 7206)]
    [InlineData("another layout", null)]
    [InlineData("other sizes", null)]
    public void A_spoilt_file_is_made_anew(string how, int? warning)
    {
        var expected = Loaded(WeightType.Int8);
        var path = FileOf(WeightType.Int8);
        var whole = File.ReadAllBytes(path);
        var spoilt = whole.ToArray();
        switch (how)
        {
            case "empty": spoilt = []; break;
            case "half": spoilt = whole[..(whole.Length / 2)]; break;
            case "a byte less": spoilt = whole[..^1]; break;
            case "a byte more": spoilt = [.. whole, 0]; break;
            case "a bit of the head": spoilt[40] ^= 4; break;
            case "a bit of the weights": spoilt[^5000] ^= 4; break;
            case "a bit of the sum": spoilt[^1] ^= 4; break;
            case "another layout": spoilt = Replaced(whole, "packed weights 1", "packed weights 0"); break;
            default: spoilt = Replaced(whole, "Heads = 4", "Heads = 8"); break;
        }

        Assert.NotEqual(whole, spoilt);
        File.WriteAllBytes(path, spoilt);

        Assert.Equal(expected, Loaded(WeightType.Int8));
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
        Assert.Equal(warning is null ? [] : [(LogLevel.Warning, warning.Value)], _log.Events);
    }

    [Fact]
    public void Other_weights_are_packed_anew()
    {
        var before = Loaded(WeightType.Int8);
        var file = File.ReadAllBytes(Weights);
        var header = 8 + (int)BitConverter.ToUInt64(file, 0);
        for (var i = header + 3; i < file.Length; i += 4)
            file[i] ^= 0x80; // every sign
        File.WriteAllBytes(Weights, file);
        File.SetLastWriteTimeUtc(Weights, File.GetLastWriteTimeUtc(Weights).AddSeconds(1));

        var after = Loaded(WeightType.Int8);

        Assert.NotEqual(before, after);
        Assert.Equal(Packed(WeightType.Int8), after);
        Assert.Equal(after, Loaded(WeightType.Int8));
    }

    [Fact]
    public void Each_type_has_a_file_of_its_own_and_float32_has_none()
    {
        Loaded(WeightType.Float32);
        Assert.False(Directory.Exists(_folder));

        foreach (var type in new[] { WeightType.Int8, WeightType.BFloat16, WeightType.Int8 })
            Assert.Equal(Packed(type), Loaded(type));

        Assert.Equal(new[] { FileOf(WeightType.BFloat16), FileOf(WeightType.Int8) }.Order(StringComparer.Ordinal), Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
    }

    // Root writes where it isn't allowed to, so the tests put a file where the folder should be, and a folder for the file.
    [Fact]
    public void A_folder_that_cannot_be_written_to_costs_a_warning_and_nothing_else()
    {
        File.WriteAllText(_folder, "a file");

        Assert.Equal(Packed(WeightType.Int8), Loaded(WeightType.Int8));
        Assert.Equal([(LogLevel.Warning, 7208)], _log.Events);

        File.Delete(_folder);
        Directory.CreateDirectory(FileOf(WeightType.Int8));
        _log.Events.Clear();
        Assert.Equal(Packed(WeightType.Int8), Loaded(WeightType.Int8));
        Assert.Equal([(LogLevel.Warning, 7207), (LogLevel.Warning, 7208)], _log.Events);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Several_that_start_at_once_all_have_their_weights_and_leave_one_file()
    {
        var expected = Packed(WeightType.Int8);
        for (var round = 0; round < 5; round++)
        {
            var found = new byte[4][];
            using var start = new Barrier(found.Length);
            var threads = Enumerable.Range(0, found.Length).Select(i => new Thread(() =>
            {
                using var mode = torch.inference_mode();
                start.SignalAndWait();
                found[i] = Loaded(WeightType.Int8);
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());

            Assert.All(found, f => Assert.Equal(expected, f));
            Assert.Equal([FileOf(WeightType.Int8)], Directory.GetFiles(_folder));
            Assert.Equal(expected, Loaded(WeightType.Int8));
            File.Delete(FileOf(WeightType.Int8));
        }

        Assert.Empty(_log.Events);
    }

    [Fact]
    public void What_somebody_killed_left_goes_and_what_somebody_writes_stays()
    {
        Directory.CreateDirectory(_folder);
        var (left, written, others) = ($"{FileOf(WeightType.Int8)}.1.tmp", $"{FileOf(WeightType.Int8)}.2.tmp", $"{FileOf(WeightType.BFloat16)}.1.tmp");
        File.WriteAllText(left, "torn");
        File.WriteAllText(others, "torn");
        File.WriteAllText(written, "half");
        File.SetLastWriteTimeUtc(left, File.GetLastWriteTimeUtc(written).AddMinutes(-61));
        File.SetLastWriteTimeUtc(others, File.GetLastWriteTimeUtc(left));
        Loaded(WeightType.Int8);

        Assert.Equal(new[] { others, FileOf(WeightType.Int8), written }.Order(StringComparer.Ordinal), Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
        Assert.Empty(_log.Events);
    }

    private static unsafe byte[] Taken(PackedDecoder packed)
    {
        using (packed)
            return new Span<byte>(packed.Block.Start, (int)packed.Block.Bytes).ToArray();
    }

    private static byte[] Replaced(byte[] file, string before, string after)
    {
        var at = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(before));
        Assert.True(at >= 0, before);
        var copy = file.ToArray();
        Encoding.ASCII.GetBytes(after).CopyTo(copy, at);
        SHA256.HashData(copy.AsSpan(0, copy.Length - SHA256.HashSizeInBytes), copy.AsSpan(copy.Length - SHA256.HashSizeInBytes));
        return copy;
    }

    private static void Rewrite(string path, Action<byte[]> change)
    {
        var file = File.ReadAllBytes(path);
        change(file);
        SHA256.HashData(file.AsSpan(0, file.Length - SHA256.HashSizeInBytes), file.AsSpan(file.Length - SHA256.HashSizeInBytes));
        File.WriteAllBytes(path, file);
    }

    private string FileOf(WeightType type) => new PackedWeightsCache(_folder, _log).PathFor(Model, type);

    private byte[] Loaded(WeightType type)
    {
        using var checkpoint = Checkpoint.Open(Model);
        return Taken(new PackedWeightsCache(_folder, _log).Load(Model, checkpoint, type));
    }

    private byte[] Packed(WeightType type)
    {
        using var checkpoint = Checkpoint.Open(Model);
        return Taken(PackedDecoder.Pack(checkpoint.Config.Decoder, checkpoint.Config.Melody is null, checkpoint, type));
    }

    private sealed class Lines : ILogger
    {
        public List<(LogLevel Level, int Event)> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Events)
                Events.Add((logLevel, eventId.Id));
        }
    }
}
