using System.CommandLine;
using System.Globalization;

namespace MusicGen.Programs;

/// <summary>From a job's start, as the server dates it, to the first sample at somebody who listens over HTTP.</summary>
internal static class FirstSoundRun
{
    private const int HeaderBytes = 44;
    private const string Model = "acme/measured";

    public static Command Command()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model's folder." };
        var shape = new Option<string?>("--shape") { Description = "small, medium or large: random weights of that shape, with the model's vocabulary." };
        var precisions = new Option<string[]>("--precisions") { DefaultValueFactory = _ => ["fp32"], AllowMultipleArgumentsPerToken = true, Description = "What INFERENCE_PRECISION takes." };
        var songs = new Option<int>("--songs") { DefaultValueFactory = _ => 20, Description = "After the first, which loads the model." };
        var command = new Command("first-sound", "From a job's start to its first sample at a listener.") { model, shape, precisions, songs };
        command.SetAction((r, ct) => RunAsync(Path.GetFullPath(r.GetRequiredValue(model)), r.GetValue(shape), r.GetRequiredValue(precisions), r.GetValue(songs), ct));
        return command;
    }

    private static async Task<int> RunAsync(string model, string? shape, string[] precisions, int songs, CancellationToken ct)
    {
        var models = Directory.CreateTempSubdirectory("musicgen-models-").FullName;
        try
        {
            var folder = Path.Combine(models, Model);
            if (shape is not null)
                RandomCheckpoint.Write(shape, model, folder);
            else
                Copy(model, folder);
            Console.WriteLine("| shape | engine | songs | start to first sample, median | quiet tenth | from the request, median | quiet tenth |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            foreach (var precision in precisions)
                await MeasureAsync(models, shape ?? Path.GetFileName(model), precision, songs, ct);
        }
        finally
        {
            Directory.Delete(models, recursive: true);
        }

        return 0;
    }

    private static async Task MeasureAsync(string models, string shape, string precision, int songs, CancellationToken ct)
    {
        await using var server = new OwnServer(new(StringComparer.Ordinal) { ["MODEL_PATH"] = models, ["INFERENCE_PRECISION"] = precision });
        await server.StartAsync();
        using var account = await Account.RegisterAsync(server.Address);
        await server.RunAsync("users", "set-tier", account.Email, "enterprise");
        await HearAsync(account, 0, ct); // loads
        var (fromStart, fromRequest, engine) = (new List<double>(), new List<double>(), string.Empty);
        for (var song = 1; song <= songs; song++)
        {
            var heard = await HearAsync(account, song, ct);
            fromStart.Add(heard.FromStart.TotalMilliseconds);
            fromRequest.Add(heard.FromRequest.TotalMilliseconds);
            engine = heard.Engine;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {shape} | {engine} | {songs} | {At(fromStart, 0.5):0} ms | {At(fromStart, 0.1):0} ms | {At(fromRequest, 0.5):0} ms | {At(fromRequest, 0.1):0} ms |"));
    }

    private static double At(List<double> times, double part) => times.Order().ElementAt((int)((times.Count - 1) * part));

    private static async Task<(TimeSpan FromStart, TimeSpan FromRequest, string Engine)> HearAsync(Account account, int seed, CancellationToken ct)
    {
        var asked = TimeProvider.System.GetUtcNow();
        var task = await account.PostAsync("/api/v1/generate", new { prompt = "a calm piano melody", duration = 8, seed, model = Model, normalize = "none" });
        var path = $"/api/v1/generate/{task.GetProperty("task_id").GetString()}";
        DateTimeOffset heard;
        using (var answer = await account.Http.GetAsync(new Uri($"{path}/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, ct))
        {
            answer.EnsureSuccessStatusCode();
            await using var sound = await answer.Content.ReadAsStreamAsync(ct);
            await sound.ReadExactlyAsync(new byte[HeaderBytes + 2], ct);
            heard = TimeProvider.System.GetUtcNow();
        }

        var started = (await account.GetAsync(path)).GetProperty("started_at").GetDateTimeOffset();
        await account.PostAsync($"{path}/cancel", new { });
        await UntilIdleAsync(account, ct);
        return (heard - started, heard - asked, task.GetProperty("engine").GetString()!);
    }

    // The next song is to find the engine free.
    private static async Task UntilIdleAsync(Account account, CancellationToken ct)
    {
        while ((await account.GetAsync("/api/v1/generate?limit=1&status=processing")).GetProperty("items").GetArrayLength() > 0)
            await Task.Delay(100, ct);
        await Task.Delay(500, ct); // its last step
    }

    private static void Copy(string model, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(model))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }
}
