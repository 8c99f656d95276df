using System.Diagnostics;
using System.Globalization;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Audition;

namespace MusicGen.Infrastructure.Inference;

/// <summary>A fixed set of prompts as the composer plays them, on one page.</summary>
public static class ComposerAudition
{
    private static readonly string[] Prompts =
    [
        "smooth jazz trio with saxophone, 118 bpm, Bb major", "baroque dance with harpsichord and violin, D minor", "driving rock with distorted guitar, 132 bpm, E minor",
        "uplifting electronic track, builds up, 124 bpm", "serene ambient pad, very slow", "Irish folk with flute and fiddle, 6/8, G major", "slow blues with harmonica, 72 bpm, A major",
        "happy country with banjo, 116 bpm", "reggae with organ, 74 bpm, A minor", "lofi hip-hop with rhodes, 84 bpm, mellow", "happy pop song with piano and strings, 110 bpm, C major",
        "brutal metal, 168 bpm, E minor", "epic orchestral, builds up, big ending, C minor", "calm piano solo, 72 bpm, D minor", "fingerstyle acoustic guitar, nostalgic, G major",
        "music of the eighties, 112 bpm", "waltz for strings, 3/4, romantic", "medieval tavern with harp and percussion",
    ];

    /// <summary>How many prompts there are.</summary>
    public static int MostPieces => Prompts.Length;

    /// <summary>Makes the pieces one after another and writes a WAV file and a picture of each, and last index.html.</summary>
    /// <param name="folder">Is there.</param>
    /// <param name="seconds">Length of each piece.</param>
    /// <param name="count">The first so many of the prompts.</param>
    /// <param name="progress">Hears of every piece.</param>
    /// <param name="ct">Stops within a step.</param>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public static void Write(string folder, double seconds, int count, IProgress<StepsDone> progress, CancellationToken ct)
    {
        var page = new AuditionPage();
        for (var i = 0; i < count; i++)
        {
            var request = new MusicRequest { Prompt = Prompts[i], Seconds = seconds, Seed = 1 };
            var name = string.Create(CultureInfo.InvariantCulture, $"{i + 1:00}");
            using var file = File.Create(Path.Combine(folder, $"{name}.wav"));
            var start = Stopwatch.GetTimestamp();
            StreamedMusic.Write(request, file, AudioFormat.Wav, new Unheard(), ct);
            var speed = seconds / Stopwatch.GetElapsedTime(start).TotalSeconds;

            file.Position = 0;
            var sound = WavReader.Read(file);
            File.WriteAllBytes(Path.Combine(folder, $"{name}.png"), Spectrogram.Draw(sound.Samples, sound.Channels, sound.SampleRate));
            page.Add(name, request.Prompt, Piece.Write(request), sound, speed);
            progress.Report(new StepsDone(i + 1, count));
        }

        File.WriteAllText(Path.Combine(folder, "index.html"), page.ToString());
    }

    // Whole pieces are reported, not their steps.
    private sealed class Unheard : IProgress<StepsDone>
    {
        public void Report(StepsDone value)
        {
        }
    }
}
