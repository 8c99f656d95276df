using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Makes one clip without a server: needs no secret, Redis or database.</summary>
internal static class GenerateCommand
{
    private static readonly JsonSerializerOptions Wire = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create(IReadOnlyDictionary<string, string> variables)
    {
        var options = new GenerateOptions();
        var command = new Command("generate", "Make music from a sentence, without a server.");
        options.AddTo(command);
        command.SetAction((parsed, ct) => RunAsync(options, parsed, variables, ct));
        return command;
    }

    private static async Task<int> RunAsync(GenerateOptions options, ParseResult parsed, IReadOnlyDictionary<string, string> variables, CancellationToken ct)
    {
        var settings = ServiceSettings.Read(variables, SettingsNeed.Music, TimeProvider.System.GetUtcNow());
        var inference = options.Apply(parsed, InferenceSettings.Of(settings));
        await using var services = new ServiceCollection().AddMusicEngines(inference).BuildServiceProvider();
        var generator = services.GetRequiredService<IMusicGenerator>();

        var asked = inference.Folder ?? parsed.GetValue(options.Model) ?? inference.DefaultModel;
        var model = generator.Find(asked) ?? throw new CommandFailedException(services.GetRequiredService<InstalledModels>().WhyNot(asked!));
        options.RefuseUnsupported(parsed, model);

        var request = options.Request(parsed, model);
        var file = Path.GetFullPath(parsed.GetRequiredValue(options.Out));
        if (Directory.Exists(file) || !Directory.Exists(Path.GetDirectoryName(file)))
            throw new CommandFailedException($"{file} can't be written: {(Directory.Exists(file) ? "it is a folder" : "its folder doesn't exist")}.");
        var start = Stopwatch.GetTimestamp();
        var clip = await StepsOnConsole.ShowAsync(model.Neural ? "Generating" : "Composing", progress => MakeAsync(generator, request, progress, ct));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var hash = Save(file, clip, AudioFormats.ByName[parsed.GetRequiredValue(options.Format)]);

        if (parsed.GetValue(options.Codes) is { } codes)
            Write(Path.GetFullPath(codes), stream => JsonSerializer.Serialize(stream, new CodesFile(clip.Codes!, clip.Codes![0].Length), Wire));

        var summary = new Summary(
            model.Engine, request.Seed, clip.Seconds, clip.SampleRate, clip.Channels, Math.Round(clip.Seconds / elapsed.TotalSeconds, 2), hash);
        Console.WriteLine(parsed.GetValue(options.Json)
            ? JsonSerializer.Serialize(summary, Wire)
            : string.Create(CultureInfo.InvariantCulture, $"{file}: {clip.Seconds:0.###} s by {model.Engine}, seed {request.Seed}, {summary.RealTimeFactor:0.#} times real time"));
        return Answer.Done;
    }

    private static async Task<AudioClip> MakeAsync(IMusicGenerator generator, MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct)
    {
        try
        {
            return await generator.GenerateAsync(request, progress, ct);
        }
        catch (MusicGenerationException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private static string Save(string file, AudioClip clip, AudioFormat format)
    {
        var hash = string.Empty;
        Write(file, stream =>
        {
            stream.Position = WavFile.Write(stream, clip, format);
            hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        });
        return hash;
    }

    // The file shows when it is whole, under the rights that the caller's files have.
    private static void Write(string file, Action<Stream> write)
    {
        var beside = $"{file}.{Environment.ProcessId}.part";
        try
        {
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.ReadWrite))
                write(stream);
            File.Move(beside, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{file} can't be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(beside))
                File.Delete(beside);
        }
    }

    /// <summary>What --codes writes, after the delay pattern is undone.</summary>
    private sealed record CodesFile(IReadOnlyList<int[]> Codes, int Frames);

    /// <summary>What --json prints; the hash covers the samples, which lie in the WAV's data chunk.</summary>
    private sealed record Summary(string Engine, long Seed, double Seconds, int SampleRate, int Channels, double RealTimeFactor, string Sha256);
}
