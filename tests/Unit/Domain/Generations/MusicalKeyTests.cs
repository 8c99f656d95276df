using MusicGen.Domain.Generations;

namespace MusicGen.Unit.Domain.Generations;

public sealed class MusicalKeyTests
{
    [Theory]
    [InlineData("D minor", 2, MusicalMode.Minor)]
    [InlineData("F# major", 6, MusicalMode.Major)]
    [InlineData("Bb", 10, MusicalMode.Major)]
    [InlineData("am", 9, MusicalMode.Minor)]
    [InlineData("a", 9, MusicalMode.Major)]
    [InlineData("E flat dorian", 3, MusicalMode.Dorian)]
    [InlineData("C-sharp minor", 1, MusicalMode.Minor)]
    [InlineData("B♭ lydian", 10, MusicalMode.Lydian)]
    [InlineData("Cb", 11, MusicalMode.Major)]
    [InlineData("  g mixolydian ", 7, MusicalMode.Mixolydian)]
    [InlineData("CM", 0, MusicalMode.Major)]
    [InlineData("C#m", 1, MusicalMode.Minor)]
    public void Reads_keys_as_people_write_them(string text, int tonic, MusicalMode mode)
    {
        Assert.True(MusicalKey.TryParse(text, out var key));

        Assert.Equal(new MusicalKey(tonic, mode), key);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("H minor")]
    [InlineData("D mineur")]
    [InlineData("D minor minor")]
    [InlineData("72 bpm")]
    [InlineData("#")]
    [InlineData("D                                      minor")]
    public void Refuses_what_is_no_key(string? text) => Assert.False(MusicalKey.TryParse(text, out _));

    [Fact]
    public void Every_key_is_read_back_from_its_own_name()
    {
        for (var tonic = 0; tonic < 12; tonic++)
        {
            foreach (var mode in Enum.GetValues<MusicalMode>())
            {
                var key = new MusicalKey(tonic, mode);

                Assert.True(MusicalKey.TryParse(key.ToString(), out var read), key.ToString());
                Assert.Equal(key, read);
            }
        }
    }

    [Fact]
    public void Names_take_the_usual_accidental()
    {
        Assert.Equal("Eb major", new MusicalKey(3, MusicalMode.Major).ToString());
        Assert.Equal("C# minor", new MusicalKey(1, MusicalMode.Minor).ToString());
        Assert.Equal("G minor", new MusicalKey(7, MusicalMode.Minor).ToString());
        Assert.Equal("F# major", new MusicalKey(6, MusicalMode.Major).ToString());
    }

    [Fact]
    public void The_vocabulary_knows_other_spellings_and_refuses_the_rest()
    {
        Assert.Equal("hip-hop", MusicVocabulary.FindGenre("Hip_Hop"));
        Assert.Equal("acoustic guitar", MusicVocabulary.FindInstrument("guitars"));
        Assert.Equal("saxophone", MusicVocabulary.FindInstrument("Sax"));
        Assert.Equal("bass", MusicVocabulary.FindInstrument("bass"));
        Assert.Null(MusicVocabulary.FindInstrument("hurdy-gurdy"));
        Assert.Null(MusicVocabulary.FindInstrument("s"));
        Assert.Null(MusicVocabulary.FindMood(""));
        Assert.Equal(16, MusicVocabulary.Genres.Count);
        Assert.Equal(16, MusicVocabulary.Moods.Count);
    }
}
