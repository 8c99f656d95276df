using System.Globalization;
using MusicGen.Infrastructure;
using MusicGen.Infrastructure.Redis;
using MusicGen.WebApi.CommandLine.Models;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Http;
using StackExchange.Redis;

namespace MusicGen.Unit.WebApi;

/// <summary>docs/connections.md says what the program does with its connections, and names each variable that leads somewhere.</summary>
public sealed class ConnectionsTests
{
    private static readonly string Root = ProgramFolder.HomeOf(AppContext.BaseDirectory);

    private static readonly string Text = File.ReadAllText(Path.Combine(Root, "docs", "connections.md")).ReplaceLineEndings("\n");

    [Fact]
    public void The_numbers_of_redis_are_the_programs()
    {
        var options = RedisConnectionString.Parse("example.org:6379,connectTimeout=1,syncTimeout=1");

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"connect {options.ConnectTimeout / 1000.0} s, answer {options.AsyncTimeout / 1000.0} s"), Row("Redis"), StringComparison.Ordinal);
        Assert.Equal(options.AsyncTimeout, options.SyncTimeout);
        Assert.Same(BacklogPolicy.FailFast, options.BacklogPolicy);
        Assert.Contains("`BacklogPolicy.FailFast`", Row("Redis"), StringComparison.Ordinal);
        Assert.True(options.ReconnectRetryPolicy.ShouldRetry(1, 501));
        Assert.False(options.ReconnectRetryPolicy.ShouldRetry(1, 499));
        Assert.Contains("every 0.5 s", Row("Redis"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_numbers_of_the_other_connections_stand_in_the_source()
    {
        Says("SQLite", "5 s for another writer", "src/Infrastructure/Persistence/SqliteConnectionInterceptor.cs", "busy_timeout = 5000");
        Says("SQL Server", "6 times", "src/Infrastructure/Persistence/SqlServerMusicGenDbContext.cs", "server.EnableRetryOnFailure(Retries, LongestPause");
        Says("mail", "30 s a step", "src/Infrastructure/Identity/MailSender.cs", "Timeout = 30_000");
        Says("mail", "after 2 s, 15 s, 1, 5, 15, 30 and 60 minutes", "src/Infrastructure/Identity/MailSender.cs", "TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15),\n        TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60),");
        Says("mail", "1,000 wait", "src/Infrastructure/Identity/MailQueue.cs", "BoundedChannelOptions(1000)");
        Says("model hub", "connect 15 s", "src/Infrastructure/OutgoingHttp.cs", "ConnectTimeout = TimeSpan.FromSeconds(15)");
        Says("model hub", "5 redirects", "src/WebApi/CommandLine/Models/ModelHub.cs", "MostRedirects = 5;");
        Says("bucket", "connect 15 s", "src/Infrastructure/OutgoingHttp.cs", "ConnectTimeout = TimeSpan.FromSeconds(15)");
        Says("bucket", "32 looks", "src/Infrastructure/Files/StoreAccess.cs", "Places = 32;");
        Says("bucket", "after 70 ms", "src/Infrastructure/Files/StoreAccess.cs", "TimeSpan.FromMilliseconds(70)");
        Says("bucket", "a look 3 s", "src/Infrastructure/Files/StoreAccess.cs", "PatienceForStore = TimeSpan.FromSeconds(3)");
        Says("bucket", "peaks 30 s", "src/Infrastructure/Files/BucketStore.cs", "PatienceForWhole { get; } = TimeSpan.FromSeconds(30)");
        Says("bucket", "a small answer 10 s", "src/Infrastructure/Files/BucketStore.cs", "PatienceForAnswer = TimeSpan.FromSeconds(10)");
        Says("bucket", "60 s a try", "src/Infrastructure/Files/Bucket.cs", "PatienceForTry = TimeSpan.FromSeconds(60)");
        Says("bucket", "2 minutes in all", "src/Infrastructure/Files/BucketUploads.cs", "Patience = TimeSpan.FromMinutes(2)");
        Says("bucket", "three times in all", "src/Infrastructure/Files/Bucket.cs", "MaxErrorRetry = 2");
        Says("encoders", "2 minutes", "src/Infrastructure/Generations/AudioEncoding.cs", "TimeSpan.FromMinutes(2)");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"addresses of {OutgoingHttp.LongestAddress:N0} characters"), Row("model hub"), StringComparison.Ordinal);
        Assert.Contains($"bodies of {BodyRules.DefaultLimit / 1024} KiB", Row("requests"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_variable_that_leads_somewhere_or_holds_a_secret_is_named()
    {
        string[] names =
        [
            "ASPNETCORE_URLS", "REDIS_URL", "DATABASE_URL", "SMTP_HOST", "SMTP_PORT", "OTEL_EXPORTER_OTLP_ENDPOINT", "SECURITY_LOG", "HF_ENDPOINT",
            "HF_DOWNLOAD_HOSTS", "AUDIO_PATH", "S3_ENDPOINT", "S3_SECRET_ACCESS_KEY", "MODEL_PATH", "MUSICGEN_DATA", "JWT_SECRET_KEY", "JWT_SECRET_KEY_PREVIOUS", "SMTP_PASSWORD", "INTERNAL_API_KEYS", "AUTH_LEGACY_JWT_SECRET",
        ];

        Assert.All(names, n => Assert.True(EnvironmentVariables.ByName.ContainsKey(n), n));
        Assert.All(names, n => Assert.Contains($"`{n}`", Text, StringComparison.Ordinal));
        Assert.Contains($"#HF_DOWNLOAD_HOSTS={HubHosts.Default}\n", File.ReadAllText(Path.Combine(Root, ".env.example")), StringComparison.Ordinal);
    }

    private static string Row(string connection) =>
        Text.Split("## Limits, timeouts, retries")[1].Split('\n').Single(l => l.StartsWith($"| {connection} |", StringComparison.Ordinal));

    private static void Says(string connection, string words, string file, string code)
    {
        Assert.Contains(words, Row(connection), StringComparison.Ordinal);
        Assert.Contains(code, File.ReadAllText(Path.Combine(Root, file)).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}
