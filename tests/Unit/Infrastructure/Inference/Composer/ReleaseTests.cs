using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Synthesis;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

/// <summary>A note that is let go fades: nothing breaks in it at that moment, wherever a block begins.</summary>
public sealed class ReleaseTests
{
    private const int Rate = 44100;
    private const int Frames = 8192;

    public static TheoryData<string> Ringing => [.. MusicVocabulary.Instruments.Where(i => Instruments.Of(i) is Plucked or Struck)];

    [Theory, MemberData(nameof(Ringing))]
    public void Letting_go_takes_nothing_away_within_a_sample(string instrument)
    {
        foreach (var pitch in new[] { 40, 56, 70 })
        {
            foreach (var gate in new[] { 1000, 2049, 3333 })
            {
                var (held, released) = (Sound(instrument, pitch, Frames * 2, 256), Sound(instrument, pitch, gate, 256));

                Assert.Equal(held[..gate], released[..gate]);
                // What letting go has taken away, which must grow from nothing.
                var taken = held.Zip(released, (h, r) => h - r).ToArray();
                // A string's end hears of it a period later.
                var first = Array.FindIndex(taken, x => x != 0);
                if (first >= 0)
                    Assert.InRange(taken.Skip(first).Take(4).Max(Math.Abs), 0, 0.03f * held.Skip(gate).Take(1200).Max(Math.Abs));
            }
        }
    }

    [Theory, MemberData(nameof(Ringing))]
    public void A_note_sounds_the_same_however_it_is_cut_into_blocks(string instrument) =>
        Assert.Equal(Sound(instrument, 50, 3000, 256), Sound(instrument, 50, 3000, 100));

    private static float[] Sound(string instrument, int pitch, int gate, int block)
    {
        var note = new VoiceNote(pitch, 0.6f, gate, Rate, 0, 0, 7);
        Voice voice = Instruments.Of(instrument) switch
        {
            Plucked plucked => new PluckedVoice(note, plucked.Patch),
            Struck struck => new ModalVoice(note, struck.Modes(pitch, 0.6), struck.Knock, struck.Damping),
            var other => throw new ArgumentOutOfRangeException(nameof(instrument), other, "Its notes are not let go."),
        };
        var (left, right) = (new float[Frames], new float[Frames]);
        for (var at = 0; at < Frames; at += block)
        {
            var count = Math.Min(block, Frames - at);
            voice.Render(left.AsSpan(at, count), right.AsSpan(at, count));
        }

        return left;
    }
}
