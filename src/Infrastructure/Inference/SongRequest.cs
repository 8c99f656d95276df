using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Sampling;

namespace MusicGen.Infrastructure.Inference;

/// <summary>What a neural model is asked for, in its own terms.</summary>
/// <param name="Text">The description.</param>
/// <param name="Avoided">What to keep away from; null for nothing.</param>
/// <param name="Samples">Of one channel, at the codec's rate.</param>
/// <param name="Seed">Decides every draw.</param>
/// <param name="Settings">How codes are chosen.</param>
/// <param name="Given">Sound to go on from, at the codec's rate, one array a channel of the model; null for none.</param>
/// <param name="Melody">Sound to follow, one channel at the codec's rate; null for none.</param>
internal sealed record SongRequest(
    string Text, string? Avoided, int Samples, long Seed, SamplingSettings Settings, float[][]? Given, float[]? Melody)
{
    /// <summary>Hears the samples as they are made.</summary>
    public ISoundListener? Listener { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Sound">[channels][samples]</param>
/// <param name="Codes">[codebooks][frames], the given ones included.</param>
/// <param name="TextWasCut">Whether the text was longer than the model reads.</param>
/// <param name="Steps">Made until here, and those that were announced.</param>
internal sealed record Song(float[][] Sound, int[][] Codes, bool TextWasCut, StepsDone Steps);
