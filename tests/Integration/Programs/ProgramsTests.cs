using System.Diagnostics;
using System.Text.RegularExpressions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Programs;

/// <summary>Small versions of what tests/Programs measures by hand, so that the programs keep working.</summary>
[Collection(nameof(Alone))]
public sealed class ProgramsTests
{
    [Fact]
    public async Task The_measurement_reports_start_memory_and_requests()
    {
        var (code, output) = await RunAsync("measure", "--seconds", "1", "--clients", "4", "--rest", "0");

        Assert.True(code == 0, output);
        Assert.Matches(@"start to first answer, empty folder +\d+\.\d\d s", output);
        Assert.Matches(@"memory at rest \(resident\) +\d+ MiB", output);
        Assert.Matches(@"GET /api/auth/session, signed in +[1-9]\d* a second", output);
    }

    [Fact]
    public async Task One_round_of_crashes_loses_and_charges_nothing()
    {
        var (code, output) = await RunAsync("crash", "--rounds", "1", "--seconds", "20");

        Assert.True(code == 0, output);
        Assert.Contains("10 tasks ended", output, StringComparison.Ordinal);
        Assert.Contains(": equal", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_kernels_are_timed()
    {
        var (code, output) = await RunAsync("kernels", "--kernels", "portable", "--types", "BFloat16", "--rows", "2");

        Assert.True(code == 0, output);
        Assert.Equal(4, Regex.Count(output, @"\d+ x \d+ \| BFloat16 \| portable \| [1-9]\d*, \d+\.\d, [1-9]\d* \|"));
        Assert.Matches(@"of 64 \| BFloat16 \| portable \| [1-9]\d*, \d+\.\d, \d+ \| [1-9]\d*, \d+\.\d, \d+ \|", output);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Refreshes_under_fire_sign_nobody_out_and_let_no_thief_by(RedisKind kind)
    {
        var (code, output) = await RunAsync("refresh", "--redis", NameOf(kind), "--sessions", "200", "--rounds", "1", "--kills", "1", "--replays", "20", "--no-waits");

        Assert.True(code == 0, output);
        Assert.Contains("200 sessions opened", output, StringComparison.Ordinal);
        Assert.Matches(@"round 1: [1-9][\d,]* answered, [1-9][\d,]* dropped, .*; 1 kills; 0 signed out", output);
        Assert.Contains("wrongful sign-outs: 0;", output, StringComparison.Ordinal);
        Assert.Contains("grandparents: 20 presented, 0 missed", output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task Nothing_passes_after_a_revocation_in_whatever_order_things_happen(RedisKind kind)
    {
        var (code, output) = await RunAsync("interleave", "--redis", NameOf(kind), "--count", "500");

        Assert.True(code == 0, output);
        Assert.Matches(@"500 interleavings on .*, two nodes, .* [1-9]\d* sessions revoked", output);
        Assert.Contains("accepted after the revoking answer: 0; sessions resurrected: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redis_that_is_killed_or_silent_under_load_lets_nobody_in()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");

        // How soon is for quiet machines to say: here it only has to be told.
        var (_, output) = await RunAsync("outage", "--rounds", "1", "--clients", "4", "--seconds", "1");

        Assert.Contains("let in without a session: 0; neither 200, 401 nor 503: 0", output, StringComparison.Ordinal);
        Assert.Matches(@"killed: [1-9]\d* refusals, median", output);
        Assert.Matches(@"silent: [1-9]\d* refusals, median", output);
        Assert.Contains("silent: 1 times, all well after", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_takes_over_lets_nobody_in_whose_end_it_never_heard_of()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");

        var (code, output) = await RunAsync("failover", "--redis", "cluster", "--rounds", "1", "--accounts", "2", "--down-after", "1000");

        Assert.True(code == 0, output);
        Assert.Contains("let in wrongly: 0 requests, 0 refreshes; turned away wrongly: 0; neither 200, 401 nor 503: 0", output, StringComparison.Ordinal);
        Assert.Contains("2 sessions opened, ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_nodes_restarted_one_by_one_under_load_lose_nothing()
    {
        foreach (var program in new[] { "/usr/bin/redis-server", "/usr/sbin/nginx" })
            Assert.SkipUnless(File.Exists(program), $"{program} isn't on this machine.");
        var (code, output) = await RunAsync("rolling-restart", "--rounds", "1", "--clients", "1", "--notice", "3", "--length", "10");

        Assert.True(code == 0, output);
        Assert.Contains("4 restarts, stopped after", output, StringComparison.Ordinal);
        Assert.Matches(@"[1-9][\d,]* requests, .*; [1-9][\d,]* tasks made", output);
        Assert.Contains("failed requests, lost tasks, lost or repeated events, ended sessions, wrong bytes: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_addresses_get_a_hundred_guesses_a_day_and_the_owner_gets_in()
    {
        var (code, output) = await RunAsync("guess", "--addresses", "1000", "--seconds", "3", "--days", "1");

        Assert.True(code == 0, output);
        Assert.Matches(@"over HTTP: [1-9]\d* guesses, [1-9]\d* told to wait; the owner signed in [1-9]\d* times, was kept out 0 times", output);
        Assert.Matches(@"4320 tries, 100 guesses, at most 100 in any day; the owner signed in 24 times, was kept out 0 times", output);
    }

    [Fact]
    public async Task The_login_clock_compares_as_many_known_as_unknown_accounts()
    {
        var (code, output) = await RunAsync("login-timing", "--count", "20");

        // Whether they are alike is a measurement of a quiet machine, not of a test run: see docs/measurements.md.
        Assert.True(code is 0 or 1, output);
        Assert.Matches(@"20 logins each: known \d+\.\d\d ms, unknown \d+\.\d\d ms, medians \d+\.\d\d % apart; Mann-Whitney p = [01]\.\d{3}", output);
    }

    [Fact]
    public async Task What_the_trail_costs_is_told_for_each_command()
    {
        var (code, output) = await RunAsync("audit-cost", "--seconds", "0.5", "--turns", "1");

        Assert.True(code == 0, output);
        Assert.Matches(@"login +\d+\.\d a second with the trail, +\d+\.\d without: \d+\.\d %", output);
        Assert.Matches(@"entries to a commit while refreshing: \d+\.\d", output); // how many is a measurement of a quiet machine
    }

    // The embedded one counts by the same script, which RateWindowTests hold on both.
    [Fact]
    public async Task A_crowd_over_three_nodes_gets_no_more_than_the_number_and_a_steady_client_all_of_it()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var (code, output) = await RunAsync(
            "rate-limits", "--redis", "redis-server", "--small", "--rounds", "40", "--refusals", "20", "--day", "0", "--http", "3");

        Assert.True(code == 0, output);
        Assert.DoesNotContain("BROKEN", output, StringComparison.Ordinal);
        foreach (var (window, most) in new[] { ("burst", "second [45] of 5"), ("minute", ".*minute 30 of 30"), ("hour", ".*hour 100 of 100"), ("day", ".*day 300 of 300") })
        {
            Assert.Matches($@"{window} +crowd: +2,560 sent in .*, [1-9][\d,]* accepted; most in any {most}", output);
            Assert.Matches($@"{window} +retry: +20 refusals; passed a second before Retry-After 0, refused at it 0", output);
            Assert.Matches($@"{window} +steady: [1-9][\d,]* requests, one every .* \(95 % of \d+ a .*; refused 0", output);
        }

        Assert.Matches(@"all +crowd: .*most in any second [45] of 5, minute \d+ of 30, hour \d+ of 100, day \d+ of 300", output);
        Assert.Matches(@"over HTTP: 3 servers, 64 clients, 3 s: [1-9]\d* sent, [1-9]\d* accepted, 0 other answers", output);
    }

    [Fact]
    public async Task What_the_edge_costs_is_told_beside_a_bare_endpoint()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var (code, output) = await RunAsync("edge-cost", "--seconds", "0.5", "--turns", "1", "--clients", "4", "--warm-up", "1");

        Assert.True(code == 0, output);
        Assert.Matches(@"the service +[1-9]\d* a second .*; processor time for each: server \d+\.\d µs, redis \d+\.\d µs", output);
        Assert.Matches(@"a bare endpoint +[1-9]\d* a second .*; processor time for each: server \d+\.\d µs", output);
        Assert.Matches(@"ratio of the medians: \d+\.\d %", output); // how much is a measurement of a quiet machine
    }

    [Fact]
    public async Task One_node_and_two_are_told_beside_what_each_process_spends()
    {
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        var (code, output) = await RunAsync("two-nodes", "--seconds", "0.5", "--turns", "1", "--clients", "4", "--warm-up", "0.5");

        Assert.True(code == 0, output);
        foreach (var nodes in (string[])["one node", "two nodes"])
            Assert.Matches($@"{nodes} +[1-9]\d* a second .*; processor time for each: nodes \d+\.\d µs, redis \d+\.\d µs, clients \d+\.\d µs", output);
        Assert.Matches(@"two nodes to one: \d\.\d\d times", output); // how much is a measurement of a quiet machine
    }

    // How soon all is well is a measurement of a quiet machine: what must never happen must not happen on any.
    [Fact]
    public async Task A_fault_of_one_part_loses_no_task_no_charge_and_no_session()
    {
        var (code, output) = await RunAsync("chaos", "--apis", "1", "--workers", "1", "--visitors", "2", "--faults", "1", "--seed", "3");
        Assert.SkipWhen(code == 2, output);

        Assert.Matches(@"\| 1 \| \d\d:\d\d \| .* \| \w+ \| \d\.\d s \| \d+\.\d s.* \| \d+\.\d s \|", output);
        Assert.Matches(@"audit verify: [1-9]\d* entries, whole", output);
        Assert.Matches(@"tasks: accepted: [1-9]", output);
        Assert.Contains("violations: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain("VIOLATION", output, StringComparison.Ordinal);
    }

    // A new key signs two minutes after its announcement: SigningKeyRingTests pass them in no time, this one revokes only.
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task No_token_fails_under_load_but_those_of_a_revoked_key(RedisKind kind)
    {
        var (code, output) = await RunAsync("keys-under-load", "--redis", NameOf(kind), "--clients", "4", "--rotations", "0", "--apart", "2", "--within", "60");

        Assert.True(code == 0, output);
        Assert.Matches(@"1 keys signed on [12] node\(s\) .*; [1-9][\d,]* verifications, [1-9]\d* of them of new sessions", output);
        Assert.Contains("failed verifications: 0", output, StringComparison.Ordinal);
        Assert.Matches(@"revoked: its tokens ended on [12] node\(s\) within \d+\.\d s; the session goes on by its refresh token: yes", output);
    }

    [Fact]
    public async Task Through_nginx_and_HAProxy_with_the_documents_recipes_each_client_is_itself()
    {
        foreach (var program in new[] { "nginx", "haproxy" })
            Assert.SkipUnless(File.Exists($"/usr/sbin/{program}"), $"{program} isn't on this machine.");
        var (code, output) = await RunAsync("real-proxies", "--count", "60");

        Assert.True(code == 0, output);
        Assert.Equal(3, System.Text.RegularExpressions.Regex.Count(output, @": 60 requests of (19|20) clients in \d+ s, [3-6]\d counted, \d+ refused as malformed \(400\); wrong address: 0"));
    }

    [Fact]
    public async Task The_decoders_table_has_a_row_for_every_shape_precision_and_number_of_songs()
    {
        Inference.Reference.NeedTorch();
        var (code, output) = await RunAsync("decoder-speed", "--shapes", "tiny", "--profiles", "torch-fp32", "portable-bf16", "portable-int8", "--songs", "1", "3", "--steps", "12");

        Assert.True(code == 0, output);
        foreach (var row in new[] { 1, 3 }.SelectMany(_ => new[] { "torchsharp-cpu-fp32", "simd-portable-bf16", "simd-portable-int8" }, (songs, profile) => $@"{songs} \| {profile}"))
            Assert.Matches($@"\| tiny \| {row} \| 1\d \| \d+\.\d \| \d+\.\d \| \d+\.\d \| \d+\.\d\d \| \d+ MB \| \d+ % of \d+\.\d GB/s \|", output);
        Assert.DoesNotContain("DIFFERENT", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_song_by_the_command_line_is_timed_from_its_start()
    {
        Inference.Reference.NeedTorch();
        var (code, output) = await RunAsync("whole-song", "--shape", "tiny", "--profiles", "portable-int8", "--seconds", "1");

        Assert.True(code == 0, output);
        Assert.Equal(2, Regex.Count(output, @"\| tiny \| portable-int8 \| 1 s \| (first|again) \| \d+\.\d s \| \d+\.\d s \| [\d.]+ \| [1-9]\d+ MB \|"));
    }

    [Fact]
    public async Task What_bf16_and_int8_lose_is_told_of_a_model()
    {
        Inference.Reference.NeedTorch();
        var (code, output) = await RunAsync("precision-loss", "--model", Inference.Reference.FolderOf("mono"), "--prompts", "2", "--seconds", "1");

        Assert.True(code == 0, output);
        foreach (var precision in new[] { "bf16", "int8" })
            Assert.Matches($@"\| {precision} \| [0-4]\.\d % \| (9\d|100)\.\d % \| 0\.0\d+ \| 0\.\d+ \| \d+ % \| \d+\.\d \| \d+\.\d \|", output);
    }

    [Fact]
    public async Task The_seams_of_a_long_song_are_measured_against_the_rest_of_it()
    {
        Inference.Reference.NeedTorch();
        var (code, output) = await RunAsync("seam", "--model", Inference.Reference.FolderOf("mono"), "--seconds", "33");

        Assert.True(code == 0, output);
        Assert.Matches(@"mean step between samples: at the 1 seams 0\.\d{4}, elsewhere 0\.\d{4}", output);
        Assert.Matches(@"change of the spectrum: at the 1 seams 0\.\d{4}, elsewhere 0\.\d{4}", output);
    }

    [Fact]
    public async Task The_first_sound_is_timed_from_the_jobs_start()
    {
        Inference.Reference.NeedTorch();
        var (code, output) = await RunAsync("first-sound", "--model", Inference.Reference.FolderOf("mono"), "--songs", "2");

        Assert.True(code == 0, output);
        Assert.Matches(@"\| mono \| \S+-fp32 \| 2 \| \d+ ms \| \d+ ms \| \d+ ms \| \d+ ms \|", output);
    }

    [Fact]
    public async Task The_codecs_parts_double_up_to_a_second_and_are_timed()
    {
        Inference.Reference.NeedTorch();
        var (code, output) = await RunAsync("codec-speed", "--seconds", "3");

        Assert.True(code == 0, output);
        Assert.Matches(@"\| 2 \| 2 \| \d+\.\d \| \d+\.\d \| \d+\.\d \| \d+\.\d \|", output);
        Assert.Matches(@"\| 50 \| 1 \| \d+\.\d \|", output);
        Assert.Matches(@"3 s in \d+\.\d s, \d+\.\d times real time; the memory grew by -?\d+ MB", output);
    }

    [Fact]
    public async Task The_composer_shows_in_sixteen_renderings_what_it_promises()
    {
        var (code, output) = await RunAsync("judge", "small");

        Assert.True(code == 0, output);
        Assert.Contains("holds: planted faults found: 100 %", output, StringComparison.Ordinal);
        Assert.Contains("holds: renderings without a fault, of 16: 100 %", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_composers_speed_and_memory_are_told_by_genre_and_length()
    {
        // The least is nothing here: this machine may be busy, and tests time nothing.
        var (code, output) = await RunAsync("composer-speed", "--genres", "piano", "metal", "--seconds", "2", "--seeds", "1", "--lengths", "1", "3", "--least", "0");

        Assert.True(code == 0, output);
        Assert.Matches(@"\| metal \| \d+\.\d to \d+\.\d \| \d+\.\d to \d+\.\d \|", output);
        Assert.Matches(@"up to 1 s of music: \d+ MB\s+memory at its peak, up to 3 s of music: \d+ MB", output);
    }

    private static string NameOf(RedisKind kind)
    {
        if (kind == RedisKind.Garnet)
            return "garnet";
        Assert.SkipUnless(RunningRedis.IsInstalled, "redis-server isn't on this machine.");
        return "redis-server";
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var folder = AppContext.BaseDirectory.Replace(
            $"{Path.DirectorySeparatorChar}Integration{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}Programs{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        var info = new ProcessStartInfo("dotnet", [Path.Combine(folder, "MusicGen.Programs.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        using var process = Process.Start(info)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output + await error);
        }
        catch (OperationCanceledException e)
        {
            // It hangs, or something that it started outlives it and holds its output.
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', arguments)} didn't end within five minutes.", e);
        }
    }
}
