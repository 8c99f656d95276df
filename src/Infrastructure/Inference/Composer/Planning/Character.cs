namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>What moods come down to.</summary>
/// <param name="Valence">-1 (dark: minor) to 1 (light: major).</param>
/// <param name="Energy">0 to 1: tempo, loudness of playing, drums.</param>
/// <param name="Brightness">-1 to 1: filters and register.</param>
/// <param name="Density">0 to 1: notes for each beat.</param>
/// <param name="Space">0 to 1: reverb.</param>
/// <param name="Legato">0 to 1: how far notes reach into the next.</param>
internal readonly record struct Character(double Valence, double Energy, double Brightness, double Density, double Space, double Legato)
{
    /// <summary>The character of one of the sixteen moods.</summary>
    public static Character Of(string mood) => mood switch
    {
        "happy" => new(0.8, 0.62, 0.3, 0.6, 0.3, 0.4),
        "sad" => new(-0.8, 0.25, -0.35, 0.3, 0.5, 0.8),
        "energetic" => new(0.4, 0.95, 0.4, 0.9, 0.2, 0.2),
        "calm" => new(0.2, 0.18, -0.3, 0.28, 0.5, 0.8),
        "dramatic" => new(-0.5, 0.75, 0.0, 0.6, 0.6, 0.5),
        "peaceful" => new(0.5, 0.2, -0.2, 0.25, 0.6, 0.8),
        "melancholic" => new(-0.7, 0.3, -0.25, 0.35, 0.5, 0.7),
        "uplifting" => new(0.8, 0.7, 0.3, 0.6, 0.4, 0.4),
        "mysterious" => new(-0.6, 0.35, -0.3, 0.35, 0.8, 0.6),
        "romantic" => new(0.35, 0.4, -0.1, 0.4, 0.5, 0.8),
        "epic" => new(-0.35, 0.9, 0.2, 0.6, 0.7, 0.5),
        "nostalgic" => new(0.1, 0.35, -0.3, 0.4, 0.5, 0.6),
        "playful" => new(0.7, 0.6, 0.3, 0.7, 0.2, 0.1),
        "intense" => new(-0.5, 0.95, 0.3, 0.9, 0.3, 0.3),
        "serene" => new(0.4, 0.15, -0.2, 0.2, 0.7, 0.9),
        "triumphant" => new(0.8, 0.85, 0.3, 0.6, 0.5, 0.4),
        _ => throw new ArgumentOutOfRangeException(nameof(mood), mood, "Not one of the sixteen moods."),
    };

    /// <summary>The middle of several characters.</summary>
    public static Character Mean(IReadOnlyCollection<Character> all) => new(
        all.Average(c => c.Valence), all.Average(c => c.Energy), all.Average(c => c.Brightness),
        all.Average(c => c.Density), all.Average(c => c.Space), all.Average(c => c.Legato));

    /// <summary>Shifted and kept within its ranges.</summary>
    public Character Shift(double energy, double brightness, double space) => this with
    {
        Energy = Math.Clamp(Energy + energy, 0, 1),
        Density = Math.Clamp(Density + energy, 0, 1),
        Brightness = Math.Clamp(Brightness + brightness, -1, 1),
        Space = Math.Clamp(Space + space, 0, 1),
    };
}
