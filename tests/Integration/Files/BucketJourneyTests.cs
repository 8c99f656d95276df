using System.Diagnostics;
using System.Net;
using Microsoft.Data.Sqlite;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;
using MusicGen.WebApi.CommandLine;

namespace MusicGen.Integration.Files;

/// <summary>The whole service on a bucket: sound, exports, an outage, a backup and its restore.</summary>
[Collection(nameof(Alone))]
public sealed class BucketJourneyTests
{
    private const string KeptSecret = "a secret of a service on a bucket";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_song_lives_in_the_bucket_alone_is_heard_in_ranges_outlasts_an_outage_and_is_restored()
    {
        await using var bucket = await S3Double.StartAsync();
        await using var app = await MusicGenApp.StartAsync([.. bucket.Variables(), ("JWT_SECRET_KEY", KeptSecret)]);
        using var ann = await app.RegisterAsync();
        var song = await ann.StartAsync("calm piano");
        await ann.WaitAsync(song);
        var path = $"/api/v1/generate/{song}/audio";

        var bytes = await ann.AudioAsync(song);
        using (var part = await ann.SendAsync(HttpMethod.Get, path, headers: [("Range", "bytes=100000-100999")]))
        {
            await part.MustBeAsync(HttpStatusCode.PartialContent);
            Assert.Equal(bytes[100_000..101_000], await part.Content.ReadAsByteArrayAsync(Ct));
        }

        Assert.Equal(2, bucket.Objects.Keys.Count(k => k.Contains(song, StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(app.Folder, "audio")));
        await OutageAsync(bucket, ann, song);

        await ann.StepUpAsync();
        var export = await AccountDataTests.ExportAsync(ann);
        Assert.Contains($"songs/exports/{export}.zip", bucket.Objects.Keys);
        using (var zip = await ann.GetAsync($"/api/v1/account/export/{export}"))
            await zip.MustBeAsync(HttpStatusCode.OK);
        await RestoreAsync(bucket, app, ann, song, bytes);

        using (var gone = await ann.DeleteAsync($"/api/v1/generate/{song}"))
            await gone.MustBeAsync(HttpStatusCode.NoContent);
        Assert.DoesNotContain(bucket.Objects.Keys, k => k.StartsWith("songs/", StringComparison.Ordinal) && k.Contains(song, StringComparison.Ordinal));
    }

    [Fact]
    public async Task However_often_anybody_asks_whether_it_is_ready_the_bucket_is_asked_once_a_second()
    {
        await using var bucket = await S3Double.StartAsync();
        await using var app = await MusicGenApp.StartAsync(bucket.Variables());
        using var anybody = app.NewBrowser();
        var start = Stopwatch.GetTimestamp();

        foreach (var _ in Enumerable.Range(0, 10))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => anybody.GetAsync("/health/ready")));
            Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
            Array.ForEach(answers, a => a.Dispose());
        }

        var writes = bucket.Requests.Count(r => r.StartsWith("PUT", StringComparison.Ordinal));
        Assert.InRange(writes, 1, 1 + (int)Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static async Task OutageAsync(S3Double bucket, Browser ann, string song)
    {
        var path = $"/api/v1/generate/{song}/audio";
        bucket.Fault = line => line.StartsWith("GET", StringComparison.Ordinal) ? S3Fault.Unavailable : null; // after it was opened
        using (var broken = await ann.GetAsync(path))
            await broken.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");

        bucket.Fault = _ => S3Fault.Unavailable;
        foreach (var asked in (string[])[path, path + "?format=flac", $"/api/v1/generate/{song}/peaks"])
        {
            using var answer = await ann.GetAsync(asked);
            await answer.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
            Assert.NotNull(answer.Header("Retry-After"));
        }

        using (var kept = await ann.DeleteAsync($"/api/v1/generate/{song}"))
            await kept.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
        using (var ready = await ann.GetAsync("/health/ready"))
        {
            await ready.MustBeAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Equal("unhealthy", (await ready.JsonAsync())["checks"]!["audio"]!.GetValue<string>());
        }

        bucket.Fault = _ => null;
        await ann.MustBecomeReadyAsync();
        Assert.Equal(2, bucket.Objects.Keys.Count(k => k.Contains(song, StringComparison.Ordinal)));
    }

    private static async Task RestoreAsync(S3Double bucket, MusicGenApp app, Browser ann, string song, byte[] bytes)
    {
        var root = Directory.CreateTempSubdirectory("musicgen-bucket-").FullName;
        var backup = Path.Combine(root, "backup");
        Assert.Equal(0, await Commands.RunAsync(["backup", backup], app.Variables()));
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["ENVIRONMENT"] = "Development", ["MUSICGEN_DATA"] = Path.Combine(root, "restored"), ["JWT_SECRET_KEY"] = KeptSecret };
        (variables["DATABASE_PROVIDER"], variables["DATABASE_URL"]) = ("sqlite", $"Data Source={Path.Combine(root, "restored", "musicgen.db")}"); // whatever the source has
        foreach (var (name, value) in bucket.Variables())
            variables[name] = value;
        Assert.NotEqual(0, await Commands.RunAsync(["restore", backup], variables)); // there is sound under that prefix

        variables["S3_PREFIX"] = "restored/";
        Assert.Equal(0, await Commands.RunAsync(["restore", backup], variables));
        Assert.Equal(3, bucket.Objects.Keys.Count(k => k.StartsWith("restored/", StringComparison.Ordinal)));
        await using (var restored = await MusicGenApp.StartAsync([.. variables.Select(v => (v.Key, v.Value))]))
        {
            using var same = ann.Copy(server: restored.Address);
            await (await same.LoginAsync()).MustBeAsync(HttpStatusCode.OK);
            Assert.Equal(bytes, await same.AudioAsync(song));
        }

        SqliteConnection.ClearAllPools();
        Directory.Delete(root, recursive: true);
    }
}
