using System.CommandLine;
using System.CommandLine.Parsing;
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
    private const int LongestPrompt = 1000;
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
        await using var services = new ServiceCollection().AddMusicEngines().BuildServiceProvider();
        var generator = services.GetRequiredService<IMusicGenerator>();

        var asked = parsed.GetValue(options.Model) ?? settings["Inference:DefaultModel"];
        var model = generator.Find(asked) ?? throw new CommandFailedException($"There is no model {asked} on this machine. See: models list");
        options.RefuseUnsupported(parsed, model);

        var request = options.Request(parsed, model);
        var file = Path.GetFullPath(parsed.GetRequiredValue(options.Out));
        var start = Stopwatch.GetTimestamp();
        var clip = await StepsOnConsole.ShowAsync("Composing", progress => MakeAsync(generator, request, progress, ct));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var hash = Save(file, clip, AudioFormats.ByName[parsed.GetRequiredValue(options.Format)]);

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

    // The file shows when it is whole, under the rights that the caller's files have.
    private static string Save(string file, AudioClip clip, AudioFormat format)
    {
        var beside = $"{file}.{Environment.ProcessId}.part";
        try
        {
            string hash;
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.ReadWrite))
            {
                stream.Position = WavFile.Write(stream, clip, format);
                hash = Convert.ToHexStringLower(SHA256.HashData(stream));
            }

            File.Move(beside, file, overwrite: true);
            return hash;
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

    /// <summary>What --json prints; the hash covers the samples, which lie in the WAV's data chunk.</summary>
    private sealed record Summary(string Engine, long Seed, double Seconds, int SampleRate, int Channels, double RealTimeFactor, string Sha256);

    /// <summary>The options of the command and what they become.</summary>
    private sealed class GenerateOptions
    {
        public Argument<string> Prompt { get; } = new("prompt") { Description = "The music in words, as in \"calm piano, 72 bpm, D minor\"." };

        public Option<string> Model { get; } = new("--model") { Description = "A model of `models list`, or a folder.", HelpName = "ID_OR_FOLDER" };

        public Option<double> Seconds { get; } = new("--seconds") { Description = "Length, above 0.", DefaultValueFactory = _ => 10, CustomParser = Number };

        public Option<long> Seed { get; } = new("--seed") { Description = "The same seed and words make the same samples.", DefaultValueFactory = _ => 1 };

        public Option<double> Temperature { get; } = new("--temperature") { Description = "0.1 to 2. [default: 1]", CustomParser = Number };

        public Option<int> TopK { get; } = new("--top-k") { Description = "0 to 2048. [default: 250]" };

        public Option<double> TopP { get; } = new("--top-p") { Description = "0 to 1. [default: 0]", CustomParser = Number };

        public Option<double> Guidance { get; } = new("--guidance") { Description = "1 to 10. [default: 3]", CustomParser = Number };

        public Option<bool> Greedy { get; } = new("--greedy") { Description = "Take the likeliest instead of drawing." };

        public Option<string> Format { get; } = new("--format") { Description = "wav is 16-bit.", DefaultValueFactory = _ => "wav" };

        public Option<string> Normalize { get; } = new("--normalize") { Description = "Level: -14 LUFS, peak at -1 dBFS, or as made.", DefaultValueFactory = _ => "loudness" };

        public Option<string> Melody { get; } = new("--melody") { Description = "A recording whose melody to follow.", HelpName = "FILE" };

        public Option<string> Continue { get; } = new("--continue") { Description = "A recording to go on from.", HelpName = "FILE" };

        public Option<string> Device { get; } = new("--device") { Description = "Where a neural engine computes.", DefaultValueFactory = _ => "auto" };

        public Option<string> Precision { get; } = new("--precision") { Description = "In what it computes; auto is fp32 on a CPU.", DefaultValueFactory = _ => "auto" };

        public Option<string> Out { get; } = new("--out") { Required = true, Description = "Where the WAV goes.", HelpName = "FILE" };

        public Option<string> Codes { get; } = new("--codes") { Description = "Write a neural engine's codes too.", HelpName = "FILE.json" };

        public Option<bool> Json { get; } = new("--json") { Description = "Print one line of JSON about the result." };

        public void AddTo(Command command)
        {
            Format.AcceptOnlyFromAmong("wav", "wav-f32");
            Normalize.AcceptOnlyFromAmong("loudness", "peak", "none");
            Device.AcceptOnlyFromAmong("auto", "cpu", "cuda");
            Precision.AcceptOnlyFromAmong("fp32", "bf16", "int8", "auto");
            Bound(Seconds, s => s > 0, "must be above 0");
            Bound(Seed, s => s >= 0, "must be 0 or more");
            Bound(Temperature, t => t is >= 0.1 and <= 2, "must be from 0.1 to 2");
            Bound(TopK, k => k is >= 0 and <= 2048, "must be from 0 to 2048");
            Bound(TopP, p => p is >= 0 and <= 1, "must be from 0 to 1");
            Bound(Guidance, g => g is >= 1 and <= 10, "must be from 1 to 10");
            Prompt.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<string>()?.Trim().Length is not (> 0 and <= LongestPrompt))
                    result.AddError($"The prompt must have 1 to {LongestPrompt} characters.");
            });
            command.Arguments.Add(Prompt);
            foreach (var option in new Option[] { Model, Seconds, Seed, Temperature, TopK, TopP, Guidance, Greedy, Format, Normalize, Melody, Continue, Device, Precision, Out, Codes, Json })
                command.Options.Add(option);
        }

        /// <exception cref="CommandFailedException">An option was given that the model's engine can't honour; it is named.</exception>
        public void RefuseUnsupported(ParseResult parsed, MusicModel model)
        {
            (Option Option, string Field)[] fields =
            [
                (Temperature, "temperature"), (TopK, "top_k"), (TopP, "top_p"), (Guidance, "guidance_scale"), (Greedy, "do_sample"),
                (Normalize, "normalize"), (Melody, "melody_from"), (Continue, "continue_from"), (Codes, "codes"),
            ];
            var refused = fields.Where(f => IsGiven(parsed, f.Option) && !model.Supports.Contains(f.Field)).Select(f => f.Option.Name).ToList();
            if (!model.Neural && parsed.GetValue(Device) == "cuda")
                refused.Add(Device.Name);
            if (!model.Neural && parsed.GetValue(Precision) is not ("fp32" or "auto"))
                refused.Add(Precision.Name);
            if (refused.Count > 0)
                throw CommandFailedException.Usage($"{string.Join(", ", refused)}: not supported by {model.Id}, which honours {string.Join(", ", model.Supports)}.");
        }

        public MusicRequest Request(ParseResult parsed, MusicModel model) => new()
        {
            Prompt = parsed.GetRequiredValue(Prompt).Trim(),
            Seconds = parsed.GetValue(Seconds),
            Seed = parsed.GetValue(Seed),
            Model = model.Id,
            Temperature = IsGiven(parsed, Temperature) ? parsed.GetValue(Temperature) : null,
            TopK = IsGiven(parsed, TopK) ? parsed.GetValue(TopK) : null,
            TopP = IsGiven(parsed, TopP) ? parsed.GetValue(TopP) : null,
            GuidanceScale = IsGiven(parsed, Guidance) ? parsed.GetValue(Guidance) : null,
            DoSample = parsed.GetValue(Greedy) ? false : null,
            Normalize = Enum.Parse<Normalization>(parsed.GetRequiredValue(Normalize), ignoreCase: true),
        };

        private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

        private static void Bound<T>(Option<T> option, Func<T, bool> holds, string rule) => option.Validators.Add(result =>
        {
            if (!result.Implicit && !result.Errors.Any() && result.Tokens.Count > 0 && !holds(result.GetValueOrDefault<T>()!))
                result.AddError($"{option.Name} {rule}.");
        });

        // A decimal point on every machine, whatever its language.
        private static double Number(ArgumentResult result)
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : string.Empty;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                return number;
            result.AddError($"'{text}' is not a number.");
            return 0;
        }
    }
}
