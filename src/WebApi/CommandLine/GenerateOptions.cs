using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The options of the command and what they become.</summary>
internal sealed class GenerateOptions
{
    public Argument<string> Prompt { get; } = new("prompt") { Description = "The music in words, as in \"calm piano, 72 bpm, D minor\"." };

    public Option<string> Model { get; } = new("--model") { Description = "A model of `models list`, or a folder.", HelpName = "ID_OR_FOLDER" };

    public Option<double> Seconds { get; } = new("--seconds") { Description = "Length, above 0. [default: what the prompt says, else 10]", CustomParser = Number<double>(s => s > 0, "must be above 0") };

    public Option<long> Seed { get; } = new("--seed") { Description = "The same seed and words make the same samples.", DefaultValueFactory = _ => 1, CustomParser = Number<long>(s => s >= 0, "must be a whole number from 0 to 2^63-1") };

    public Option<double> Temperature { get; } = new("--temperature") { Description = "0.1 to 2. [default: 1]", CustomParser = Number<double>(t => t is >= 0.1 and <= 2, "must be from 0.1 to 2") };

    public Option<int> TopK { get; } = new("--top-k") { Description = "0 to 2048. [default: 250]", CustomParser = Number<int>(k => k is >= 0 and <= 2048, "must be a whole number from 0 to 2048") };

    public Option<double> TopP { get; } = new("--top-p") { Description = "0 to 1. [default: 0]", CustomParser = Number<double>(p => p is >= 0 and <= 1, "must be from 0 to 1") };

    public Option<double> Guidance { get; } = new("--guidance") { Description = "1 to 10. [default: 3]", CustomParser = Number<double>(g => g is >= 1 and <= 10, "must be from 1 to 10") };

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
        Precision.AcceptOnlyFromAmong("fp32", "bf16", "fp16", "int8", "auto");
        Prompt.Validators.Add(result =>
        {
            if (!GenerationParameters.IsPrompt(result.GetValueOrDefault<string>()))
                result.AddError($"The prompt must have 1 to {GenerationParameters.MaxPromptLength} characters.");
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
            (Normalize, "normalize"), (Melody, "melody_from"), (Continue, "continue_from"),
        ];
        var refused = fields.Where(f => IsGiven(parsed, f.Option) && (!model.Supports.Contains(f.Field) || NeedsScore(f.Option, model))).Select(f => f.Option.Name).ToList();
        if (!model.Neural && IsGiven(parsed, Codes))
            refused.Add(Codes.Name);
        if (!model.Neural && parsed.GetValue(Device) == "cuda")
            refused.Add(Device.Name);
        if (!model.Neural && parsed.GetValue(Precision) is not ("fp32" or "auto"))
            refused.Add(Precision.Name);
        // A greedy choice has no use for these: they would be passed over in silence.
        if (parsed.GetValue(Greedy))
            refused.AddRange(new Option[] { Temperature, TopK, TopP }.Where(o => IsGiven(parsed, o)).Select(o => $"{o.Name} with {Greedy.Name}"));
        if (refused.Count > 0)
            throw CommandFailedException.Usage($"{string.Join(", ", refused)}: not supported by {model.Id}, which honours {string.Join(", ", model.Supports)}.");
    }

    /// <summary>What the options say about the machine: a folder, a device, a precision.</summary>
    public InferenceOptions Apply(ParseResult parsed, InferenceOptions inference)
    {
        var folder = parsed.GetValue(Model) is { } model && Directory.Exists(Path.GetFullPath(model)) ? Path.GetFullPath(model) : null;
        return inference with
        {
            Folder = folder,
            Device = IsGiven(parsed, Device) ? parsed.GetRequiredValue(Device) : inference.Device,
            Precision = IsGiven(parsed, Precision) ? parsed.GetRequiredValue(Precision) : inference.Precision,
        };
    }

    public MusicRequest Request(ParseResult parsed, MusicModel model) => new()
    {
        Prompt = parsed.GetRequiredValue(Prompt), // with its spaces, as the API takes it: the same words are the same samples
        Seconds = IsGiven(parsed, Seconds) ? parsed.GetValue(Seconds) : SpokenDuration.Find(parsed.GetRequiredValue(Prompt))?.Seconds ?? ClipDuration.DefaultSeconds,
        Seed = parsed.GetValue(Seed),
        Model = model.Id,
        Temperature = IsGiven(parsed, Temperature) ? parsed.GetValue(Temperature) : null,
        TopK = IsGiven(parsed, TopK) ? parsed.GetValue(TopK) : null,
        TopP = IsGiven(parsed, TopP) ? parsed.GetValue(TopP) : null,
        GuidanceScale = IsGiven(parsed, Guidance) ? parsed.GetValue(Guidance) : null,
        DoSample = parsed.GetValue(Greedy) ? false : null,
        Normalize = Enum.Parse<Normalization>(parsed.GetRequiredValue(Normalize), ignoreCase: true),
        Continue = Recording(parsed, Continue),
        Melody = Recording(parsed, Melody),
    };

    private static AudioClip? Recording(ParseResult parsed, Option<string> option)
    {
        if (parsed.GetValue(option) is not { } file)
            return null;
        try
        {
            using var stream = File.OpenRead(Path.GetFullPath(file));
            return WavFile.Read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new CommandFailedException($"{option.Name} {file} can't be read: {e.Message}", e);
        }
    }

    // Who composes goes on from scores; a recording has none.
    private bool NeedsScore(Option option, MusicModel model) => !model.Neural && (option == Melody || option == Continue);

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    // A decimal point on every machine, whatever its language.
    private static Func<ArgumentResult, T> Number<T>(Func<T, bool> holds, string rule)
        where T : struct, INumber<T> => result =>
    {
        if (result.Tokens.Count == 1 && T.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && T.IsFinite(number) && holds(number))
            return number;
        result.AddError($"{(result.Parent as OptionResult)?.Option.Name} {rule}.");
        return default;
    };
}
