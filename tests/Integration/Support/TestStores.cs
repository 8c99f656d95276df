using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;
using MusicGen.Programs;

namespace MusicGen.Integration.Support;

public enum StoreKind
{
    Folder,

    /// <summary><see cref="S3Double"/>.</summary>
    S3,

    /// <summary>The npm package of that name, in a process of its own, where it is installed: <c>npm install -g s3rver</c>.</summary>
    S3rver,
}

/// <summary>A store of each kind with the way to it, as the service has them.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private static readonly string[] GlobalModules = ["/usr/local/lib/node_modules", "/usr/lib/node_modules"];

    private readonly List<IDisposable> _open = [];
    private Process? _server;

    private TestStore()
    {
    }

    public static TheoryData<StoreKind> Kinds { get; } = [StoreKind.Folder, StoreKind.S3, StoreKind.S3rver];

    public string Folder { get; } = Directory.CreateTempSubdirectory("musicgen-store-").FullName;

    public IFileStore Files { get; private set; } = null!;

    public StoreAccess Access { get; private set; } = null!;

    public S3Double? Double { get; private set; }

    /// <param name="kind">Skips the test where there is no s3rver.</param>
    /// <param name="partBytes">Of an upload's part.</param>
    public static async Task<TestStore> OpenAsync(StoreKind kind, int partBytes = BucketUploads.PartBytes)
    {
        var store = new TestStore();
        store.Access = store.Add(new StoreAccess(NullLogger<StoreAccess>.Instance));
        var options = Options.Create(new AudioStoreOptions { Path = store.Folder });
        if (kind == StoreKind.Folder)
        {
            store.Files = new FolderStore(options);
            return store;
        }

        var bucket = store.Add(new Bucket(Options.Create(kind == StoreKind.S3 ? await store.StartDoubleAsync() : await store.StartS3rverAsync())));
        store.Files = new BucketStore(bucket, new BucketUploads(bucket, NullLogger<BucketUploads>.Instance, partBytes), options, TimeProvider.System);
        return store;
    }

    /// <summary>The audio of the service on this store.</summary>
    public AudioStore Audio(int encoders = 2) => Add(new AudioStore(
        Files, Access, Options.Create(new AudioStoreOptions { Path = Folder, Encoders = encoders }), NullLogger<AudioStore>.Instance));

    /// <summary>Makes files two days older, as the store sees it.</summary>
    public void Age(Func<string, bool> which)
    {
        var before = DateTimeOffset.UtcNow.AddDays(-2);
        if (Double is { } bucket)
        {
            foreach (var (key, file) in bucket.Objects.Where(o => which(o.Key)))
                bucket.Objects[key] = file with { At = before };
            return;
        }

        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(which))
            File.SetLastWriteTimeUtc(file, before.UtcDateTime);
    }

    /// <summary>Whether nothing half-written is left, here or at the server.</summary>
    public void MustBeWhole()
    {
        Assert.Empty(Directory.EnumerateFiles(Folder, "*.part", SearchOption.AllDirectories));
        Assert.Empty(Double?.Uploads.Keys ?? []);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in Enumerable.Reverse(_open))
            open.Dispose();
        if (Double is not null)
            await Double.DisposeAsync();
        if (_server is not null)
        {
            _server.Kill();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private T Add<T>(T open)
        where T : IDisposable
    {
        _open.Add(open);
        return open;
    }

    private async Task<S3Options> StartDoubleAsync()
    {
        Double = await S3Double.StartAsync();
        return new S3Options
        {
            Endpoint = Double.Address.ToString(),
            Bucket = S3Double.BucketName,
            Prefix = "songs/",
            AccessKeyId = S3Double.KeyId,
            SecretAccessKey = S3Double.Secret,
        };
    }

    private async Task<S3Options> StartS3rverAsync()
    {
        var program = GlobalModules.Select(m => Path.Combine(m, "s3rver", "bin", "s3rver.js")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "s3rver isn't on this machine: npm install -g s3rver");
        var port = Ports.Free();
        _server = Process.Start(new ProcessStartInfo("node")
        {
            ArgumentList = { program, "-d", Path.Combine(Folder, "s3rver"), "-a", "127.0.0.1", "-p", $"{port}", "-s", "--configure-bucket", S3Double.BucketName },
        })!;
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
                break;
            }
            catch (SocketException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }

        // The only key that it has.
        return new S3Options { Endpoint = $"http://127.0.0.1:{port}", Bucket = S3Double.BucketName, Prefix = "songs/", AccessKeyId = "S3RVER", SecretAccessKey = "S3RVER" };
    }
}
