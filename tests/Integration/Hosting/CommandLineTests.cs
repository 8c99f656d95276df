using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Hosting;

/// <summary>The program as people call it, without a server.</summary>
[Collection(nameof(Alone))]
[UnsupportedOSPlatform("windows")]
public sealed class CommandLineTests : IDisposable
{
    // Nothing but this is set: not even an environment, so Production's rules would hold.
    private static readonly Dictionary<string, string> Nothing = new(StringComparer.Ordinal);

    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-cli-").FullName;

    [Fact]
    public async Task Generate_writes_a_clip_to_the_callers_folder_and_says_what_it_is()
    {
        var run = await RunAsync("generate", "calm piano, 72 bpm, D minor", "--seconds", "1.5", "--seed", "7", "--out", "a.wav", "--json");

        Assert.Equal(0, run.ExitCode);
        var summary = JsonNode.Parse(Assert.Single(run.Output.Trim().Split('\n')))!;
        var wav = await File.ReadAllBytesAsync(Path.Combine(_folder, "a.wav"), TestContext.Current.CancellationToken);
        Assert.Equal("embedded-composer", summary["engine"]!.GetValue<string>());
        Assert.Equal(7, summary["seed"]!.GetValue<long>());
        Assert.Equal(1.5, summary["seconds"]!.GetValue<double>());
        Assert.Equal(44100, summary["sample_rate"]!.GetValue<int>());
        Assert.Equal(2, summary["channels"]!.GetValue<int>());
        Assert.True(summary["real_time_factor"]!.GetValue<double>() > 0);
        Assert.Equal(44 + (66150 * 4), wav.Length);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(wav.AsSpan(44))), summary["sha256"]!.GetValue<string>());
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task The_same_words_and_seed_make_the_same_file_and_another_seed_another()
    {
        await RunAsync("generate", "calm piano", "--seconds", "2", "--seed", "1", "--out", "a.wav");
        await RunAsync("generate", "calm piano", "--seconds", "2", "--seed", "1", "--out", "b.wav");
        await RunAsync("generate", "calm piano", "--seconds", "2", "--seed", "2", "--out", "c.wav");

        Assert.Equal(Bytes("a.wav"), Bytes("b.wav"));
        Assert.NotEqual(Bytes("a.wav"), Bytes("c.wav"));
    }

    // In Domain's characters an emoji is one, though UTF-16 takes two; and a name after an @ is no file of arguments.
    [Theory]
    [InlineData("@midnight jazz", 1, 0)]
    [InlineData("@midnight", 1, 0)]
    [InlineData("🎹", 1000, 0)]
    [InlineData("🎹", 1001, 2)]
    public async Task A_prompt_counts_as_in_the_API_and_names_no_file(string words, int times, int exitCode)
    {
        var run = await RunAsync("generate", string.Concat(Enumerable.Repeat(words, times)), "--seconds", "1", "--out", "a.wav");

        Assert.Equal((exitCode, exitCode == 0), (run.ExitCode, File.Exists(Path.Combine(_folder, "a.wav"))));
        Assert.Equal(exitCode != 0, run.Error.Contains("The prompt must have 1 to 1000 characters", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_corpus_is_the_same_bytes_on_one_thread_and_on_two_and_its_labels_are_exact()
    {
        string[] asked = ["compose-corpus", "--count", "3", "--seconds", "2", "--seed", "5"];
        Assert.Equal(0, (await RunAsync([.. asked, "--out", "one", "--threads", "1"])).ExitCode);
        Assert.Equal(0, (await RunAsync([.. asked, "--out", "two", "--threads", "2"])).ExitCode);

        Assert.Equal(["000000.wav", "000001.wav", "000002.wav", "corpus.jsonl"], Directory.GetFiles(Path.Combine(_folder, "one")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(Path.Combine(_folder, "one")), f => Assert.Equal(File.ReadAllBytes(f), Bytes(Path.Combine("two", Path.GetFileName(f)))));
        var pairs = (await File.ReadAllLinesAsync(Path.Combine(_folder, "one", "corpus.jsonl"), TestContext.Current.CancellationToken)).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(3, pairs.Select(p => p["prompt"]!.GetValue<string>()).Distinct().Count());
        foreach (var pair in pairs)
        {
            var wav = Bytes(Path.Combine("one", pair["file"]!.GetValue<string>()));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(wav)), pair["sha256"]!.GetValue<string>());
            Assert.Equal(44 + (2 * 32000 * 4), wav.Length);
            var labels = pair["labels"]!;
            var chords = labels["chords"]!.AsArray();
            Assert.Equal((0, 2), (chords[0]!["start"]!.GetValue<double>(), chords[^1]!["end"]!.GetValue<double>()));
            Assert.All(chords.Zip(chords.Skip(1)), c => Assert.Equal(c.First!["end"]!.GetValue<double>(), c.Second!["start"]!.GetValue<double>(), 3));
            Assert.NotEmpty(labels["instruments"]!.AsArray());
            Assert.InRange(labels["tempo"]!.GetValue<double>(), 40, 240);
        }
    }

    [Fact]
    public async Task An_audition_is_a_page_with_the_sound_the_picture_and_the_facts_of_each_piece()
    {
        var made = await RunAsync("audition", "--out", "heard", "--seconds", "2", "--count", "2");

        Assert.Equal(0, made.ExitCode);
        Assert.Equal(["01.png", "01.wav", "02.png", "02.wav", "index.html"], Directory.GetFiles(Path.Combine(_folder, "heard")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var page = await File.ReadAllTextAsync(Path.Combine(_folder, "heard", "index.html"), TestContext.Current.CancellationToken);
        Assert.Equal(2, page.Split("<article>").Length - 1);
        foreach (var fact in new[] { "src='01.wav'", "src='02.png'", "118 bpm, Bb major, 4/4", "saxophone (melody)", "LUFS", "dBTP", "times real time" })
            Assert.Contains(fact, page, StringComparison.Ordinal);
        Assert.Equal(44 + (2 * 44100 * 4), Bytes(Path.Combine("heard", "01.wav")).Length);
        Assert.Equal(new byte[] { 0x89, 0x50, 0x4E, 0x47 }, Bytes(Path.Combine("heard", "02.png"))[..4]);
    }

    [Theory]
    [InlineData("--count must be from 1 to 18", "audition", "--count", "19", "--out", "x")]
    [InlineData("--seconds must be from 1", "audition", "--seconds", "0", "--out", "x")]
    [InlineData("--count must be from 1", "compose-corpus", "--count", "0", "--out", "x")]
    [InlineData("--seconds must be from 1", "compose-corpus", "--count", "1", "--seconds", "0", "--out", "x")]
    [InlineData("--top-k: not supported by embedded-composer", "generate", "x", "--out", "a.wav", "--top-k", "10")]
    [InlineData("--temperature, --melody: not supported by embedded-composer", "generate", "x", "--out", "a.wav", "--melody", "m.wav", "--temperature", "1")]
    [InlineData("--codes: not supported by embedded-composer", "generate", "x", "--out", "a.wav", "--codes", "a.json")]
    [InlineData("--device: not supported by embedded-composer", "generate", "x", "--out", "a.wav", "--device", "cuda")]
    [InlineData("--seconds must be above 0", "generate", "x", "--out", "a.wav", "--seconds", "0")]
    [InlineData("--seconds must be above 0", "generate", "x", "--out", "a.wav", "--seconds", "NaN")]
    [InlineData("--seed must be a whole number from 0", "generate", "x", "--out", "a.wav", "--seed", "-1")]
    [InlineData("--seconds must be above 0", "generate", "x", "--out", "a.wav", "--seconds", "1,5")]
    [InlineData("The prompt must have 1 to 1000 characters", "generate", " ", "--out", "a.wav")]
    [InlineData("--out", "generate", "x")]
    [InlineData("flac", "generate", "x", "--out", "a.wav", "--format", "flac")]
    [InlineData("frob", "frob")]
    [InlineData("--urls: 'nowhere' is not an address", "serve", "--urls", "nowhere")]
    [InlineData("OWNER/NAME", "models", "pull", "../../etc")]
    [InlineData("gold", "users", "set-tier", "a@example.org", "gold")]
    [InlineData("gold", "queue", "pause", "gold")]
    [InlineData("done", "tasks", "list", "--status", "done")]
    [InlineData("--count must be 1 or more", "tasks", "list", "--count", "0")]
    [InlineData("Name a user, or --all", "users", "end-sessions")]
    [InlineData("--password-stdin", "users", "create", "--email", "a@example.org", "--username", "abc")]
    public async Task Bad_usage_says_why_and_ends_with_2(string says, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_file_that_can_not_be_written_is_a_failure_in_one_line()
    {
        var run = await RunAsync("generate", "x", "--seconds", "0.1", "--out", "no/such/folder/a.wav");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a.wav can't be written", run.Error.Trim().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_is_a_failure_that_names_it()
    {
        var run = await RunAsync("generate", "x", "--model", "no/such", "--out", "a.wav");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is no model no/such", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serving_with_nothing_set_refuses_and_names_every_variable()
    {
        var run = await RunAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.All(new[] { "JWT_SECRET_KEY", "PUBLIC_URL", "REDIS_URL", "SMTP_HOST", "SMTP_FROM" }, name => Assert.Contains($"{name}: ", run.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_none_is_a_failure_in_one_line()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "musicgen.db"), new string('x', 8192), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var run = await ServerProcess.RunAsync(["users", "list"], new Dictionary<string, string> { ["ENVIRONMENT"] = "Development", ["MUSICGEN_DATA"] = _folder });

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("file is not a database", Assert.Single(run.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_of_the_database_needs_no_database()
    {
        var run = await RunAsync("migrate", "--script", "music.sql");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("CREATE TABLE [Users]", await File.ReadAllTextAsync(Path.Combine(_folder, "music.sql"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_explains_itself()
    {
        var run = await RunAsync("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.All(new[] { "serve", "generate", "models", "users", "nodes", "queue", "tasks", "audit", "keys", "passwords", "migrate" }, name => Assert.Contains(name, run.Output, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<ProgramRun> RunAsync(params string[] arguments) => ServerProcess.RunAsync(arguments, Nothing, workingFolder: _folder);

    private byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(_folder, name));
}
