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
        var format = AudioFormats.ByName[parsed.GetRequiredValue(options.Format)];
        var codes = parsed.GetValue(options.Codes);
        var made = await StepsOnConsole.ShowAsync(
            model.Neural ? "Generating" : "Composing",
            progress => StreamedMusic.Can(model) ? StreamAsync(file, request, format, progress, ct) : MakeAsync(generator, request, file, format, codes, progress, ct));
        var elapsed = made.Elapsed ?? Stopwatch.GetElapsedTime(start);
        var summary = new Summary(
            made.Engine ?? model.Engine, request.Seed, made.Seconds, made.SampleRate, made.Channels, Math.Round(made.Seconds / elapsed.TotalSeconds, 2), made.Sha256);
        Console.WriteLine(parsed.GetValue(options.Json)
            ? JsonSerializer.Serialize(summary, Wire)
            : string.Create(CultureInfo.InvariantCulture, $"{file}: {made.Seconds:0.###} s by {summary.Engine}, seed {request.Seed}, {summary.RealTimeFactor:0.#} times real time"));
        return Answer.Done;
    }

    private static async Task<Made> MakeAsync(
        IMusicGenerator generator, MusicRequest request, string file, AudioFormat format, string? codes, IProgress<StepsDone> progress, CancellationToken ct)
    {
        try
        {
            var start = Stopwatch.GetTimestamp();
            var clip = await generator.GenerateAsync(request, progress, ct);
            var elapsed = Stopwatch.GetElapsedTime(start);
            var hash = Save(file, clip, format);
            if (codes is not null)
                Write(Path.GetFullPath(codes), stream => JsonSerializer.Serialize(stream, new CodesFile(clip.Codes!, clip.Codes![0].Length), Wire));
            return new Made(clip.Seconds, clip.SampleRate, clip.Channels, hash, elapsed) { Engine = clip.Engine };
        }
        catch (MusicGenerationException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    // Goes to the file block by block, so that a long piece needs no more memory than a short one.
    private static Task<Made> StreamAsync(string file, MusicRequest request, AudioFormat format, IProgress<StepsDone> progress, CancellationToken ct) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                Made? made = null;
                Write(file, stream =>
                {
                    var written = StreamedMusic.Write(request, stream, format, progress, ct);
                    stream.Position = written.DataOffset;
                    made = new Made(written.Seconds, written.SampleRate, written.Channels, Convert.ToHexStringLower(SHA256.HashData(stream)), null);
                });
                return made!;
            }
            catch (MusicGenerationException e)
            {
                throw new CommandFailedException(e.Message, e);
            }
        },
        ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

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

    /// <summary>What came of it; Elapsed where the making was timed apart from the writing.</summary>
    private sealed record Made(double Seconds, int SampleRate, int Channels, string Sha256, TimeSpan? Elapsed)
    {
        public string? Engine { get; init; }
    }

    /// <summary>What --codes writes, after the delay pattern is undone.</summary>
    private sealed record CodesFile(IReadOnlyList<int[]> Codes, int Frames);

    /// <summary>What --json prints; the hash covers the samples, which lie in the WAV's data chunk.</summary>
    private sealed record Summary(string Engine, long Seed, double Seconds, int SampleRate, int Channels, double RealTimeFactor, string Sha256);
}
