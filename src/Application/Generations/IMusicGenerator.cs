using MusicGen.Domain.Identity;

namespace MusicGen.Application.Generations;

/// <summary>
/// Turns a request into sound on this machine, whose models it lists. The adapter picks the engine: a checkpoint, or the
/// embedded composer.
/// </summary>
public interface IMusicGenerator : IModelCatalogue
{
    /// <summary>Makes the music.</summary>
    /// <param name="request">A request that the model of <see cref="MusicRequest.Model"/> supports.</param>
    /// <param name="progress">Hears of every step, from the thread that works.</param>
    /// <param name="ct">Stops the work within one step.</param>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <exception cref="MusicGenerationException">The engine can't do it; the message may be shown to people.</exception>
    Task<AudioClip> GenerateAsync(MusicRequest request, IProgress<StepsDone> progress, CancellationToken ct);
}

/// <summary>One model and what it can do.</summary>
/// <param name="Id">The id that clients name; may hold a slash.</param>
/// <param name="Engine">The program behind it, as the task names it.</param>
/// <param name="Neural">Whether a trained network makes the music.</param>
/// <param name="SampleRates">In hertz, the default first.</param>
/// <param name="Channels">1 or 2.</param>
/// <param name="MaxSeconds">The longest clip.</param>
/// <param name="Licence">SPDX id of what the music is made with.</param>
/// <param name="Loaded">Whether it answers without loading first.</param>
/// <param name="Supports">The request fields that it honours, by their wire names.</param>
public sealed record MusicModel(
    string Id, string Engine, bool Neural, IReadOnlyList<int> SampleRates, int Channels, double MaxSeconds,
    string Licence, bool Loaded, IReadOnlyList<string> Supports)
{
    /// <summary>Whether its licence keeps it from tiers that people pay for.</summary>
    public bool IsNoncommercial { get; init; }

    /// <summary>Of an engine that composes: raised whenever the same request gives other notes or another sound. Else null.</summary>
    public int? EngineVersion { get; init; }

    /// <summary>Whether it may make music for people of a tier.</summary>
    public bool Serves(Tier tier) => !IsNoncommercial || tier == Tier.Free;
}

/// <summary>Everything that decides the sound. The same request gives the same samples.</summary>
public sealed record MusicRequest
{
    /// <summary>1 to 1000 characters.</summary>
    public required string Prompt { get; init; }

    /// <summary>Length in seconds; the clip has round(Seconds × sample rate) samples a channel.</summary>
    public required double Seconds { get; init; }

    /// <summary>0 to 2^63-1.</summary>
    public required long Seed { get; init; }

    /// <summary>A model's id; null for the default one.</summary>
    public string? Model { get; init; }

    /// <summary>In hertz; null for the model's default.</summary>
    public int? SampleRate { get; init; }

    public string? Genre { get; init; }

    public string? Mood { get; init; }

    /// <summary>Beats per minute, 40 to 240.</summary>
    public double? Tempo { get; init; }

    /// <summary>As people write it: "D minor", "F# major", "Bb", "am".</summary>
    public string? Key { get; init; }

    public IReadOnlyList<string> Instruments { get; init; } = [];

    public string? NegativePrompt { get; init; }

    public double? Temperature { get; init; }

    public int? TopK { get; init; }

    public double? TopP { get; init; }

    public double? GuidanceScale { get; init; }

    public bool? DoSample { get; init; }

    public Normalization Normalize { get; init; } = Normalization.Loudness;

    /// <summary>A sound to go on from, at any rate and of any channels; the length is then the whole.</summary>
    public AudioClip? Continue { get; init; }

    /// <summary>A sound whose melody to follow.</summary>
    public AudioClip? Melody { get; init; }

    /// <summary>The request of a composed piece to go on from: an engine that composes needs its score, not its sound.</summary>
    public MusicRequest? ContinueOf { get; init; }

    /// <summary>The request of a composed piece whose melody to take.</summary>
    public MusicRequest? MelodyOf { get; init; }

    /// <summary>
    /// Who hears the samples while they are made; decides nothing. Only with <see cref="Normalization.None"/>: any other level
    /// is that of the whole.
    /// </summary>
    public ISoundListener? Listener { get; init; }
}

/// <summary>How the level of the finished clip is set.</summary>
public enum Normalization
{
    /// <summary>-14 LUFS (ITU-R BS.1770), true peak at most -1 dBTP.</summary>
    Loudness,

    /// <summary>Sample peak at -1 dBFS.</summary>
    Peak,

    /// <summary>As the engine made it.</summary>
    None,
}

/// <summary>How far the work is, in steps of the engine's own.</summary>
public readonly record struct StepsDone(int Done, int Total);

/// <summary>Sound, and what was understood of the words.</summary>
/// <param name="Samples">Interleaved, [frames × channels], within -1…1; a network's own level may lie beyond.</param>
/// <param name="SampleRate">In hertz.</param>
/// <param name="Channels">1 or 2.</param>
/// <param name="Understood">The words that the engine took from the prompt.</param>
public sealed record AudioClip(float[] Samples, int SampleRate, int Channels, IReadOnlyList<string> Understood)
{
    /// <summary>What computed it, where one model has several engines on a machine; null where it is the model's own.</summary>
    public string? Engine { get; init; }

    /// <summary>A neural engine's codes, [codebooks][frames]; null of other engines.</summary>
    public IReadOnlyList<int[]>? Codes { get; init; }

    /// <summary>Samples of one channel.</summary>
    public int Frames => Samples.Length / Channels;

    /// <summary>Length in seconds.</summary>
    public double Seconds => (double)Frames / SampleRate;
}

/// <summary>The engine can't make this clip, for a reason that people may read.</summary>
public sealed class MusicGenerationException : Exception
{
    public MusicGenerationException()
    {
    }

    public MusicGenerationException(string message)
        : base(message)
    {
    }

    public MusicGenerationException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>What of this machine was at fault, so that another may make the clip; null where it is the request.</summary>
    public NodeFault? Fault { get; init; }
}

/// <summary>Why a machine can't make what another one may.</summary>
public enum NodeFault
{
    /// <summary>It has too little memory for this clip, or had at that moment.</summary>
    Memory,

    /// <summary>It can't load the model, or not compute it.</summary>
    Model,

    /// <summary>It can't read or keep sound.</summary>
    Store,
}
