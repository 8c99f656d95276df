namespace MusicGen.Domain.Generations;

/// <summary>The scales that music here is written in.</summary>
public enum MusicalMode
{
    Major,
    Minor,
    Dorian,
    Phrygian,
    Lydian,
    Mixolydian,
}
