using FsCheck.Xunit;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Language;
using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

public sealed class DescriptionReaderTests
{
    [Fact]
    public void The_words_it_understood_are_listed()
    {
        var reading = DescriptionReader.Read("Calm piano, 72 bpm, D minor, by a river");

        Assert.Equal(["calm", "piano", "72 bpm", "D minor"], reading.Understood);
        Assert.Equal((72, new MusicalKey(2, MusicalMode.Minor)), (reading.Tempo, reading.Key));
    }

    [Theory]
    [InlineData("in Bb", "Bb major")]
    [InlineData("a song in A", "A major")]
    [InlineData("key of F# minor", "F# minor")]
    [InlineData("F sharp minor ballad", "F# minor")]
    [InlineData("something in Am", "A minor")]
    [InlineData("a minor", "A minor")]
    [InlineData("E dorian groove", "E dorian")]
    public void Keys_are_found_in_sentences(string text, string key) => Assert.Equal(key, DescriptionReader.Read(text).Key?.ToString());

    [Theory]
    [InlineData("I am in a hurry")]
    [InlineData("give me a song")]
    [InlineData("be bold")]
    [InlineData("add echo")]
    public void Plain_words_are_no_keys(string text) => Assert.Null(DescriptionReader.Read(text).Key);

    [Theory]
    [InlineData("rock, no drums", "drums,percussion")]
    [InlineData("jazz without bass", "bass,double bass,synth bass")]
    [InlineData("pop without drums and bass", "bass,double bass,drums,percussion,synth bass")]
    [InlineData("no drums or saxophone please", "drums,percussion,saxophone")]
    [InlineData("no drums and piano", "drums,percussion")]
    public void Negations_take_instruments_away(string text, string excluded) =>
        Assert.Equal(excluded, string.Join(',', DescriptionReader.Read(text).Excluded.Order(StringComparer.Ordinal)));

    [Fact]
    public void A_negated_mood_is_no_wish() => Assert.Equal(["happy"], DescriptionReader.Read("not sad, happy").Moods);

    [Theory]
    [InlineData("99999999 bpm")]
    [InlineData("0 bpm")]
    [InlineData("999999999999999999999999999999999999999999999999 bpm")]
    [InlineData("1.2.3.4 bpm")]
    public void Impossible_tempos_are_passed_over(string text) => Assert.Null(DescriptionReader.Read(text).Tempo);

    [Fact]
    public void Metres_and_forms_have_words()
    {
        Assert.Equal(Metre.Waltz, DescriptionReader.Read("a waltz").Metre);
        Assert.Equal(Metre.Compound, DescriptionReader.Read("in 6/8 time").Metre);
        Assert.Equal([FormWish.QuietStart, FormWish.BuildUp], DescriptionReader.Read("starts quiet, builds up").Form);
    }

    [Fact]
    public void Fields_win_over_words()
    {
        var plan = Planner.Plan(new MusicRequest
        {
            Prompt = "sad slow piano, 60 bpm, D minor, jazz",
            Seconds = 20,
            Seed = 1,
            Genre = "rock",
            Mood = "happy",
            Tempo = 140,
            Key = "G major",
            Instruments = ["organ"],
            NegativePrompt = "drums",
        });

        Assert.Equal("rock", plan.Style.Name);
        Assert.Equal(140, plan.Tempo);
        Assert.Equal("G major", plan.Key.ToString());
        Assert.True(plan.Character.Valence > 0.5);
        Assert.Contains(plan.Band, p => p.Instrument == "organ");
        Assert.DoesNotContain(plan.Band, p => p.Instrument is "piano" or "drums" or "percussion");
        Assert.Contains("no drums", plan.Understood);
    }

    [Fact]
    public void Every_word_of_the_vocabulary_does_something()
    {
        Assert.All(MusicVocabulary.Genres, g => Assert.Equal(g, Plan(g).Style.Name));
        Assert.All(MusicVocabulary.Moods, m => Assert.Equal([m], DescriptionReader.Read(m).Moods));
        Assert.All(MusicVocabulary.Instruments, i => Assert.Contains(Plan($"solo {i}").Band, p => p.Instrument == i));
    }

    [Fact]
    public void What_is_excluded_never_plays()
    {
        foreach (var genre in MusicVocabulary.Genres)
        {
            var plan = Plan($"{genre} without drums, bass, piano or guitar");

            Assert.DoesNotContain(plan.Band, p => p.Role == Role.Drums || p.Instrument.Contains("piano", StringComparison.Ordinal) || p.Instrument.Contains("guitar", StringComparison.Ordinal));
            Assert.NotEmpty(plan.Band);
        }
    }

    [Property(MaxTest = 300)]
    public void Any_text_gives_a_plan(string? text, int seed)
    {
        var plan = Plan(text ?? "", seed);

        Assert.InRange(plan.Tempo, 40, 240);
        Assert.NotEmpty(plan.Band);
        Assert.InRange(plan.LastBeat * plan.SecondsPerBeat, 0, plan.Seconds);
    }

    private static Plan Plan(string prompt, long seed = 1) => Planner.Plan(new MusicRequest { Prompt = prompt, Seconds = 20, Seed = seed });
}
