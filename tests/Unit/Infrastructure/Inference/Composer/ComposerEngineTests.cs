using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

public sealed class ComposerEngineTests
{
    private readonly MusicGenerators _generators = new([new ComposerEngine()]);

    [Fact]
    public async Task The_same_request_gives_the_same_samples_also_beside_other_work()
    {
        var request = Request("jazz trio with piano", 4);

        var clips = await Task.WhenAll(Make(request), Make(Request("loud metal", 4)), Make(request));

        Assert.Equal(Hash(clips[0]), Hash(clips[2]));
        Assert.NotEqual(Hash(clips[0]), Hash(clips[1]));
    }

    [Theory]
    [InlineData("jazz trio with piano")]
    [InlineData("epic orchestral with choir")]
    [InlineData("fingerstyle acoustic guitar with drums")]
    public void The_same_seed_gives_the_same_bytes_on_one_thread_and_on_two_at_once(string prompt)
    {
        var request = Request(prompt, 3);
        var alone = File(request);
        var together = new byte[2][];
        using var start = new Barrier(together.Length);

        var threads = Enumerable.Range(0, together.Length).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            together[i] = File(request);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        Assert.Equal(44 + (3 * 44100 * 4), alone.Length);
        Assert.All(together, file => Assert.Equal(alone, file));
    }

    [Fact]
    public async Task Another_seed_and_another_prompt_are_another_piece()
    {
        var hashes = new List<string>();
        foreach (var request in new[] { Request("zxcv", 1.5), Request("zxcv", 1.5, seed: 2), Request("zxcw", 1.5), Request("🎵🎶", 1.5), Request("🎶🎵", 1.5) })
            hashes.Add(Hash(await Make(request)));

        Assert.Equal(hashes.Count, hashes.Distinct().Count());
    }

    [Theory]
    [InlineData(0.001, 44100, 44)]
    [InlineData(0.2, 32000, 6400)]
    [InlineData(1, 44100, 44100)]
    [InlineData(2.345, 44100, 103415)]
    [InlineData(12.345, 44100, 544414)] // 544414.5: a half goes to the even side, as IEEE 754 and other languages round
    [InlineData(2.345, 32000, 75040)]
    [InlineData(7.001, 32000, 224032)]
    public async Task The_clip_has_the_asked_length_to_the_sample(double seconds, int rate, int frames)
    {
        var clip = await Make(Request("country waltz", seconds) with { SampleRate = rate });

        Assert.Equal((frames, rate, 2), (clip.Frames, clip.SampleRate, clip.Channels));
    }

    [Theory]
    [InlineData("smooth jazz with saxophone", 5)]
    [InlineData("epic orchestral, builds up", 6)]
    [InlineData("heavy metal 180 bpm", 5)]
    [InlineData("serene ambient pad", 6)]
    [InlineData("solo harp", 5)]
    [InlineData("drums only, no piano no guitar", 4)]
    [InlineData("reggae", 5)]
    [InlineData("calm piano, 72 bpm, D minor", 6)]
    [InlineData("happy banjo", 1)]
    public async Task Every_clip_is_as_loud_as_promised_and_never_clips(string prompt, double seconds)
    {
        var clip = await Make(Request(prompt, seconds));

        Assert.InRange(Loudness.Of(clip.Samples, clip.SampleRate, 2), Mastering.TargetLufs - 0.5, Mastering.TargetLufs + 0.5);
        Assert.InRange(TruePeak.Of(clip.Samples, 2), 0.2f, 0.891f);
        Assert.InRange(clip.Samples.Average(), -0.001f, 0.001f);
        Assert.InRange(LongestSilence(clip), 0, 2);
        // It ends by dying away, not by being cut.
        Assert.All(clip.Samples[^40..], x => Assert.InRange(x, -0.01f, 0.01f));
    }

    [Fact]
    public async Task Peak_and_none_do_what_they_say()
    {
        var peak = await Make(Request("folk", 2) with { Normalize = Normalization.Peak });
        var none = await Make(Request("folk", 2) with { Normalize = Normalization.None });

        Assert.InRange(peak.Samples.Max(Math.Abs), 0.8905f, 0.892f);
        Assert.InRange(none.Samples.Max(Math.Abs), 0.05f, 1f);
    }

    [Fact]
    public async Task Progress_rises_step_by_step_to_its_total()
    {
        var heard = new Recorder();

        await _generators.GenerateAsync(Request("pop", 3), heard, TestContext.Current.CancellationToken);

        var steps = heard.Steps;
        Assert.Equal(Enumerable.Range(0, steps.Count), steps.Select(s => s.Done));
        Assert.Single(steps.Select(s => s.Total).Distinct());
        Assert.Equal(steps[^1].Total, steps[^1].Done);
    }

    [Fact]
    public async Task A_cancel_stops_at_the_next_step()
    {
        using var cancel = new CancellationTokenSource();
        var heard = new Recorder { At = step => { if (step.Done == 5) cancel.Cancel(); } };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _generators.GenerateAsync(Request("pop", 120), heard, cancel.Token));

        Assert.Equal(5, heard.Steps[^1].Done);
    }

    [Fact]
    public async Task The_composer_is_the_default_and_unknown_models_are_refused()
    {
        Assert.Equal(ComposerEngine.Id, _generators.Find(null)?.Id);
        Assert.Null(_generators.Find("nobody/nothing"));
        Assert.False(_generators.Models[0].Neural);
        var refused = await Assert.ThrowsAsync<MusicGenerationException>(() => Make(Request("pop", 1) with { Model = "nobody/nothing" }));
        Assert.Contains("no such model", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_prompts_are_music_too()
    {
        string[] prompts =
        [
            string.Concat(Enumerable.Repeat("🎸", 500)), new('a', 1000), new('#', 1000), string.Concat(Enumerable.Repeat("no ", 333)), "\0\u0001\u001b[2J\r\n",
            "99999999 bpm", string.Concat(Enumerable.Repeat("1/", 500)), "\ud800 half a pair", "(((((a+)+)+)+)+)$", string.Concat(Enumerable.Repeat("drums piano ", 83)),
        ];
        foreach (var prompt in prompts)
        {
            var clip = await Make(Request(prompt, 1));

            Assert.True(clip.Samples.Max(Math.Abs) > 0.05f, prompt);
            Assert.DoesNotContain(clip.Samples, x => !float.IsFinite(x) || Math.Abs(x) > 1);
        }
    }

    [Fact]
    public void A_hundred_seeds_of_one_prompt_are_a_hundred_melodies()
    {
        var melodies = Enumerable.Range(0, 100).Select(seed =>
        {
            var score = Composition.Write(Planner.Plan(Request("happy folk flute", 20, seed)));
            var notes = score.Parts.First(p => p.Role == Role.Melody).Notes;
            // Intervals, so that a transposed copy counts as a copy.
            return string.Join(' ', notes.Zip(notes.Skip(1), (a, b) => b.Pitch - a.Pitch));
        });

        Assert.Equal(100, melodies.Distinct().Count());
    }

    [Fact]
    public void The_melody_rests_on_the_chords_and_moves_mostly_by_small_steps()
    {
        foreach (var genre in MusicVocabulary.Genres)
        {
            var plan = Planner.Plan(Request(genre, 40));
            var (harmony, score) = (new Harmony(plan), Composition.Write(plan));
            var notes = score.Parts.First(p => p.Role == Role.Melody).Notes;
            var strong = notes.Where(n => Math.Abs(n.Start - Math.Round(n.Start)) < 0.1 && Math.Round(n.Start) % plan.Metre.Beats == 0).ToList();

            Assert.True(strong.Count(n => harmony.At(Math.Round(n.Start)).Chord.Contains(n.Pitch)) > 0.9 * strong.Count, genre);
            Assert.True(notes.Zip(notes.Skip(1), (a, b) => Math.Abs(a.Pitch - b.Pitch)).Count(i => i <= 5) > 0.65 * notes.Count, genre);
            Assert.Equal(plan.Key.Tonic, harmony.Last.Chord.Root);
        }
    }

    private static MusicRequest Request(string prompt, double seconds, long seed = 1) => new() { Prompt = prompt, Seconds = seconds, Seed = seed };

    private static byte[] File(MusicRequest request)
    {
        using var file = new MemoryStream();
        StreamedMusic.Write(request, file, AudioFormat.Wav, new Recorder(), TestContext.Current.CancellationToken);
        return file.ToArray();
    }

    private static string Hash(AudioClip clip) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(clip.Samples)));

    private static double LongestSilence(AudioClip clip)
    {
        var (longest, current) = (0, 0);
        for (var i = 0; i < clip.Samples.Length; i += 2)
        {
            current = Math.Abs(clip.Samples[i]) + Math.Abs(clip.Samples[i + 1]) < 0.002f ? current + 1 : 0;
            longest = Math.Max(longest, current);
        }

        return (double)longest / clip.SampleRate;
    }

    private Task<AudioClip> Make(MusicRequest request) => _generators.GenerateAsync(request, new Recorder(), TestContext.Current.CancellationToken);

    private sealed class Recorder : IProgress<StepsDone>
    {
        public List<StepsDone> Steps { get; } = [];

        public Action<StepsDone>? At { get; init; }

        public void Report(StepsDone value)
        {
            Steps.Add(value);
            At?.Invoke(value);
        }
    }
}
