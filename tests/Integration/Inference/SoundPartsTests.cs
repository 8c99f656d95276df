using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Encodec;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>The codec in parts against the codec at once, and a song heard while its codes are being chosen.</summary>
[Collection(Reference.Torch)]
public sealed class SoundPartsTests
{
    private const int Frames = 173;

    public SoundPartsTests() => Reference.NeedTorch();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Parts_of_any_length_make_the_sound_that_the_whole_makes()
    {
        using var reference = new Reference("mono");
        var codec = reference.Model.Codec;
        var codes = Codes(reference, Frames);
        using var scope = torch.NewDisposeScope();
        var (latents, state) = codec.Recur(codec.Enter(codes, 0, Frames), null);
        state.Dispose();
        var whole = codec.Leave(latents).data<float>().ToArray();
        var dice = new Random(5);

        for (var run = 0; run < 20; run++)
        {
            using var stream = codec.Open(codes);
            var sound = new List<float>();
            for (var done = 0; done < Frames;)
            {
                done += dice.Next(1, 40);
                done = done + codec.LookAhead >= Frames ? Frames : done;
                sound.AddRange(stream.NextTo(done));
            }

            Assert.InRange(Reference.Distance(sound.ToArray(), whole), 0, 1e-6);
        }
    }

    // What isn't chosen yet is poison here: a part that read it would fail or differ.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(37)]
    [InlineData(Frames)]
    public void A_part_reads_four_frames_ahead_and_no_more_and_is_the_same_sample_for_sample(int frames)
    {
        using var reference = new Reference("mono");
        var codec = reference.Model.Codec;
        var codes = Codes(reference, frames);
        using var whole = codec.Open(codes);
        int[][] growing = [.. codes.Select(row => row.Select(_ => int.MaxValue).ToArray())];
        using var stream = codec.Open(growing);
        Assert.Equal(4, codec.LookAhead);

        var (parts, heard) = (0, 0);
        while (!stream.IsDone)
        {
            for (var row = 0; row < codes.Length; row++)
                codes[row].AsSpan(0, stream.Wanted).CopyTo(growing[row]);
            var wanted = stream.Wanted;
            var part = stream.Next();
            Assert.Equal(whole.Next(), part);
            heard += part.Length;
            parts++;
            Assert.Equal(Math.Min(frames, (heard / 640) + 4), wanted);
        }

        Assert.Equal(frames * 640, heard);
        Assert.Equal(EncodecStream.Parts(codec, frames), parts);
    }

    [Fact]
    public void The_first_part_is_forty_milliseconds_and_the_next_ones_double_up_to_a_second()
    {
        using var reference = new Reference("mono");
        using var stream = reference.Model.Codec.Open(Codes(reference, Frames));
        var lengths = new List<int>();

        while (!stream.IsDone)
            lengths.Add(stream.Next().Length / 640);

        Assert.Equal([2, 2, 4, 8, 16, 32, 50, 50, 9], lengths);
    }

    [Theory]
    [InlineData("mono", null)]
    [InlineData("stereo", null)]
    [InlineData("stereo", 0.7)]
    public async Task A_song_is_heard_while_its_codes_are_chosen_and_is_what_the_song_becomes(string name, double? given)
    {
        using var engine = EngineTests.Engine(name);
        var ear = new Ear();
        var request = new MusicRequest
        {
            Prompt = "a calm piano",
            Seconds = 3.01,
            Seed = 3,
            Normalize = Normalization.None,
            Continue = given is { } seconds ? EngineTests.Tone(seconds) : null,
        };
        var unheard = await engine.GenerateAsync(engine.Models[0], request, new Progress<StepsDone>(), Ct);

        var clip = await engine.GenerateAsync(engine.Models[0], request with { Listener = ear }, ear, Ct);

        Assert.Equal(unheard.Samples, clip.Samples);
        Assert.Equal(clip.Samples, ear.Heard);
        Assert.Equal((32000, clip.Channels, clip.Frames), ear.Told);
        // Two frames, four of look-ahead and three of delay: nine steps, or with codes that were given none.
        Assert.Equal(given is null ? 9 : 1, ear.FirstSoundAt);
        Assert.InRange(ear.Parts, 7, 20);
    }

    [Fact]
    public async Task A_long_song_is_heard_across_its_windows()
    {
        using var engine = EngineTests.Engine("mono");
        var ear = new Ear();
        var request = new MusicRequest { Prompt = "a calm piano", Seconds = 33, Seed = 3, Normalize = Normalization.None, GuidanceScale = 1, Listener = ear };

        var clip = await engine.GenerateAsync(engine.Models[0], request, ear, Ct);

        Assert.Equal(clip.Samples, ear.Heard);
        Assert.InRange(ear.Parts, 36, 42);
    }

    private static int[][] Codes(Reference reference, int frames) =>
        [.. Enumerable.Range(0, 4).Select(k => Enumerable.Range(0, frames).Select(t => ((t * 31) + (k * 17) + (t * t % 13)) % reference.Model.Config.Decoder.Cardinality).ToArray())];

    /// <summary>Hears steps and samples on the engine's thread.</summary>
    private sealed class Ear : ISoundListener, IProgress<StepsDone>
    {
        private int _steps;

        public List<float> Heard { get; } = [];

        public (int Rate, int Channels, long Frames) Told { get; private set; }

        public int FirstSoundAt { get; private set; }

        public int Parts { get; private set; }

        public void Report(StepsDone value) => _steps = value.Done;

        public void Begin(int sampleRate, int channels, long frames) => Told = (sampleRate, channels, frames);

        public void Hear(ReadOnlySpan<float> samples)
        {
            if (Parts++ == 0)
                FirstSoundAt = _steps;
            Heard.AddRange(samples);
        }
    }
}
