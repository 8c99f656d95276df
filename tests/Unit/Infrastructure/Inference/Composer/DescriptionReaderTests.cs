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

    [Theory]
    [InlineData("drumless beat of the sea", "drums,percussion")]
    [InlineData("piano instead of guitar", "acoustic guitar,distorted guitar,electric guitar")]
    [InlineData("avoid hammond", "organ")]
    [InlineData("please don't use any drums", "drums,percussion")]
    public void Negations_have_many_forms(string text, string excluded) =>
        Assert.Equal(excluded, string.Join(',', DescriptionReader.Read(text).Excluded.Order(StringComparer.Ordinal)));

    [Fact]
    public void What_is_not_too_fast_is_not_fast() => Assert.Null(DescriptionReader.Read("a song, not too fast").Pace);

    [Theory]
    [InlineData("30 seconds of jazz", 30)]
    [InlineData("a 45-second intro", 45)]
    [InlineData("two minutes of rain", 120)]
    [InlineData("a minute and a half", 90)]
    [InlineData("half a minute", 30)]
    [InlineData("1:30 long", 90)]
    [InlineData("90s of piano in the 15s spot", 15)]
    [InlineData("2 min 80s pop", 120)]
    public void Lengths_are_read(string text, double seconds)
    {
        var reading = DescriptionReader.Read(text);

        Assert.Equal(seconds, reading.Seconds);
        Assert.Contains(reading.Understood, w => text.Contains(w, StringComparison.Ordinal) && w.Any(c => char.IsDigit(c) || char.IsLetter(c)));
    }

    [Theory]
    [InlineData("80s synth pop", "1980s")]
    [InlineData("music of the 1920s", "1920s")]
    [InlineData("seventies groove", "1970s")]
    [InlineData("a baroque dance", "baroque")]
    [InlineData("medieval tavern", "medieval")]
    public void Eras_are_read(string text, string era)
    {
        Assert.Equal(era, DescriptionReader.Read(text).Era?.Name);
        Assert.Null(DescriptionReader.Read(text).Seconds);
    }

    [Fact]
    public void An_era_brings_its_instruments_and_a_genre_where_none_is_named()
    {
        Assert.Equal("electronic", Plan("music of the eighties").Style.Name);
        Assert.Contains(Plan("baroque music").Band, p => p.Instrument is "harpsichord" or "violin" or "oboe" or "cello");
        Assert.Equal("rock", Plan("rock of the 60s").Style.Name);
        Assert.Equal("classical", Plan("baroque dance").Style.Name);
    }

    [Fact]
    public void A_solo_is_alone_and_a_trio_is_three()
    {
        Assert.Equal(["piano"], Plan("jazz piano solo").Band.Select(p => p.Instrument).Distinct());
        for (var seed = 0; seed < 20; seed++)
            Assert.Equal(3, Plan("jazz trio with piano", seed).Band.Select(p => p.Instrument).Distinct().Count());
    }

    [Theory]
    [InlineData("9/8", 3, 6), InlineData("a polka", 2, 4), InlineData("12/8 ballad", 4, 6), InlineData("in 7/8", 7, 4), InlineData("5/4 groove", 5, 4)]
    public void Rarer_metres_are_read(string text, int beats, int steps) => Assert.Equal(new Metre(beats, steps), DescriptionReader.Read(text).Metre);

    [Theory]
    [InlineData("tempo of 96", 96), InlineData("BPM: 140", 140), InlineData("120bpm", 120), InlineData("88 beats per minute", 88)]
    public void Tempos_are_written_in_many_ways(string text, double tempo) => Assert.Equal(tempo, DescriptionReader.Read(text).Tempo);

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
