using System.IO.Compression;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Audio;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;
using MusicGen.Infrastructure.Inference.Composer.Synthesis;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

/// <summary>What a piece gives beside its sound, and pieces that come from pieces.</summary>
public sealed class PieceTests
{
    [Fact]
    public void Stems_add_up_to_the_mix_before_the_bus()
    {
        var piece = Piece.Write(Request("pop with strings", 4));
        const int Rate = 32000, Frames = 4 * Rate;

        var stems = Unzip(piece, Rate, Frames);
        var mix = new float[Frames * 2];
        var parts = Enumerable.Range(0, piece.Score.Parts.Count).Select(i => new Renderer(piece.Plan, piece.Score, Rate, Frames, i)).ToList();
        var block = new float[Renderer.Block * 2];
        for (var at = 0; at < Frames; at += Renderer.Block)
        {
            foreach (var part in parts)
            {
                part.Next(block);
                for (var i = 0; i < block.Length; i++)
                    mix[(2 * at) + i] += block[i];
            }
        }

        Assert.Equal(piece.Score.Parts.Count, stems.Count);
        Assert.All(stems, s => Assert.Equal((Frames * 2, Rate, 2), (s.Audio.Samples.Length, s.Audio.SampleRate, s.Audio.Channels)));
        var sum = Enumerable.Range(0, Frames * 2).Select(i => stems.Sum(s => s.Audio.Samples[i])).ToArray();
        Assert.InRange(Math.Max(sum.Max(Math.Abs), stems.Max(s => s.Audio.Samples.Max(Math.Abs))), 0.88f, 0.893f);
        var gain = Enumerable.Range(0, sum.Length).Sum(i => sum[i] * mix[i]) / mix.Sum(x => x * x);
        Assert.All(Enumerable.Range(0, sum.Length), i => Assert.InRange(sum[i] - (gain * mix[i]), -0.0005, 0.0005));
    }

    [Fact]
    public void Stems_of_the_same_piece_are_the_same_bytes_and_no_two_are_alike()
    {
        var piece = Piece.Write(Request("rock", 2));
        var (one, two) = (new MemoryStream(), new MemoryStream());

        new Stems(piece, 32000, 64000).Write(one, CancellationToken.None);
        new Stems(Piece.Write(Request("rock", 2)), 32000, 64000).Write(two, CancellationToken.None);

        Assert.Equal(one.ToArray(), two.ToArray());
        var stems = Unzip(piece, 32000, 64000);
        Assert.Equal(stems.Count, stems.Select(s => s.Name).Distinct().Count());
        Assert.All(stems, s => Assert.Contains(s.Audio.Samples, x => Math.Abs(x) > 0.01f));
    }

    [Fact]
    public void A_continuation_begins_as_the_earlier_piece_and_goes_on_in_its_themes()
    {
        var first = Request("folk with flute, 100 bpm, D major", 14);
        var longer = Request("more energetic, with drums", 30, seed: 9) with { ContinueOf = first };

        var (before, after) = (Piece.Write(first), Piece.Write(longer));

        var join = Math.Floor(before.Plan.LastBeat / before.Plan.Metre.Beats) * before.Plan.Metre.Beats;
        Assert.Equal((before.Plan.Tempo, before.Plan.Key), (after.Plan.Tempo, after.Plan.Key));
        Assert.True(after.Plan.LastBeat > join + 16, $"{after.Plan.LastBeat} after {join}");
        for (var i = 0; i < before.Score.Parts.Count; i++)
        {
            var kept = before.Score.Parts[i].Notes.Where(n => n.Start < join - 0.2).Select(n => (n.Start, n.Pitch, n.Velocity)).ToList();
            Assert.NotEmpty(kept);
            Assert.Equal(kept, after.Score.Parts[i].Notes.Take(kept.Count).Select(n => (n.Start, n.Pitch, n.Velocity)));
        }

        Assert.Equal(before.Plan.Key.Tonic, after.Score.Chords[^1].Chord.Root);
        // The sound of what was there is the sound that was there, before any level is set.
        Assert.Equal(Sound(before, 6), Sound(after, 6));
    }

    [Fact]
    public void A_melody_taken_from_another_piece_keeps_its_rhythm_and_line_in_another_key_and_genre()
    {
        var source = Request("folk with flute, 100 bpm, D major, 4/4", 24, seed: 3);
        var taken = Piece.Write(Request("rock, G major, 130 bpm", 19, seed: 4) with { MelodyOf = source });
        var own = Piece.Write(Request("rock, G major, 130 bpm", 19, seed: 4));

        Assert.Equal(("rock", "G major"), (taken.Plan.Style.Name, taken.Plan.Key.ToString()));
        var melody = Onsets(Piece.Write(source));
        Assert.True(Alike(melody, Onsets(taken)) > Alike(melody, Onsets(own)) + 0.2, $"{Alike(melody, Onsets(taken))} against {Alike(melody, Onsets(own))}");
    }

    [Fact]
    public void A_recording_without_a_score_is_refused()
    {
        var clip = new AudioClip(new float[100], 32000, 2, []);

        Assert.Throws<MusicGenerationException>(() => Piece.Write(Request("x", 4) with { Continue = clip }));
        Assert.Throws<MusicGenerationException>(() => Piece.Write(Request("x", 4) with { Melody = clip }));
    }

    [Fact]
    public void The_midi_file_says_what_is_played()
    {
        foreach (var genre in MusicVocabulary.Genres)
        {
            var piece = Piece.Write(Request($"{genre}, 90 bpm, Eb major, 3/4", 12));
            var midi = MidiReader.Read(MidiFile.Write(piece.Plan, piece.Score));

            Assert.Equal((1, piece.Score.Parts.Count + 1, 480), (midi.Type, midi.Tracks.Count, midi.Division));
            Assert.Equal(666_667, midi.Tempo);
            Assert.Equal(new byte[] { 3, 2, 24, 8 }, midi.Metre);
            Assert.Equal(((sbyte)-3, (byte)0), midi.Key);
            foreach (var (part, track) in piece.Score.Parts.Zip(midi.Tracks.Skip(1)))
            {
                Assert.StartsWith(part.Instrument, track.Name, StringComparison.Ordinal);
                Assert.Equal(part.Notes.Select(n => (Math.Round(n.Start * 480), part.Role == Role.Drums ? GeneralMidi.Percussion(n.Pitch) : n.Pitch)).Distinct().Count(), track.Notes);
                Assert.Equal(part.Role == Role.Drums ? 9 : track.Channel, track.Channel);
                Assert.Equal(part.Role == Role.Drums ? null : GeneralMidi.Program(part.Instrument), track.Program);
                Assert.Equal(0, track.Hanging);
            }
        }
    }

    [Fact]
    public void Every_instrument_has_a_program_of_its_own_or_a_near_one() =>
        Assert.All(MusicVocabulary.Instruments.Except(["drums", "percussion"]), i => Assert.InRange(GeneralMidi.Program(i), 0, 127));

    private static MusicRequest Request(string prompt, double seconds, long seed = 1) => new() { Prompt = prompt, Seconds = seconds, Seed = seed };

    private static List<(string Name, WavAudio Audio)> Unzip(Piece piece, int rate, int frames)
    {
        var zip = new MemoryStream();
        new Stems(piece, rate, frames).Write(zip, CancellationToken.None);
        using var archive = new ZipArchive(zip, ZipArchiveMode.Read);
        return [.. archive.Entries.Select(e =>
        {
            using var copy = new MemoryStream();
            using var entry = e.Open();
            entry.CopyTo(copy);
            copy.Position = 0;
            return (e.Name, WavReader.Read(copy));
        })];
    }

    private static float[] Sound(Piece piece, int seconds)
    {
        var sound = new float[seconds * 32000 / Renderer.Block * Renderer.Block * 2];
        var renderer = new Renderer(piece.Plan, piece.Score, 32000, 32000 * 30);
        for (var at = 0; at < sound.Length; at += Renderer.Block * 2)
            renderer.Next(sound.AsSpan(at, Renderer.Block * 2));
        return sound;
    }

    // Where in its bar each note of the melody begins, in sixteenths, bar by bar.
    private static List<string> Onsets(Piece piece) =>
        [.. piece.Score.Parts.First(p => p.Role == Role.Melody).Notes.GroupBy(n => (int)(Math.Round(n.Start * 4) / 16)).Select(g => string.Join(' ', g.Select(n => Math.Round(n.Start * 4) % 16)))];

    private static double Alike(List<string> source, List<string> other) => other.Count(bar => source.Contains(bar)) / (double)other.Count;
}
