namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>The modes of struck instruments.</summary>
internal static class StruckModes
{
    /// <summary>A piano's string: stiff, so its partials are sharp; struck at an eighth; two strings that beat.</summary>
    public static IReadOnlyList<Mode> Piano(int pitch, double velocity)
    {
        var frequency = 440 * Math.Pow(2, (pitch - 69) / 12.0);
        var stiffness = 0.00022 * Math.Pow(2, (pitch - 48) / 14.0);
        var seconds = 13 * Math.Pow(2, -(pitch - 36) / 15.0);
        var modes = new List<Mode>();
        var count = pitch > 84 ? 7 : pitch > 60 ? 12 : 20;
        for (var n = 1; n <= count; n++)
        {
            var ratio = n * Math.Sqrt(1 + (stiffness * n * n)) / Math.Sqrt(1 + stiffness);
            // A harder hammer is a shorter one: the roll-off moves up.
            var roll = Math.Exp(-n * frequency / (1000 + (4500 * velocity * velocity)));
            var level = 0.42 * roll * (0.25 + Math.Abs(Math.Sin(Math.PI * n / 8.2))) / Math.Pow(n, 0.55);
            var decay = Math.Max(0.15, seconds / (1 + (0.32 * n)));
            modes.Add(new Mode(ratio, level, decay));
            if (n <= 4)
                modes.Add(new Mode(ratio * 1.00035, level * 0.45, decay * 1.9));
        }

        return modes;
    }

    /// <summary>A tine with its tone bar; the bell-like overtone belongs to hard strokes.</summary>
    public static IReadOnlyList<Mode> ElectricPiano(int pitch, double velocity)
    {
        var seconds = 6.5 * Math.Pow(2, -(pitch - 48) / 22.0);
        return
        [
            new(1, 0.6, seconds), new(2, 0.1 + (0.32 * velocity * velocity), seconds * 0.6), new(3, 0.05 + (0.16 * velocity), seconds * 0.4),
            new(4, 0.1 * velocity * velocity, seconds * 0.3), new(5, 0.06 * velocity * velocity, seconds * 0.25), new(7.1, 0.08 * velocity * velocity, 0.28),
            new(1.0006, 0.15, seconds), new(12.3, 0.035 * velocity, 0.12),
        ];
    }

    public static IReadOnlyList<Mode> Vibraphone(int pitch, double velocity) =>
        [new(1, 0.6, 5.5), new(4, 0.16 * velocity, 2.2), new(9.9, 0.09 * velocity * velocity, 0.7), new(1.0004, 0.2, 5)];

    public static IReadOnlyList<Mode> Marimba(int pitch, double velocity)
    {
        var seconds = 1.5 * Math.Pow(2, -(pitch - 60) / 18.0);
        return [new(1, 0.8, seconds), new(3.93, 0.28 * velocity, seconds * 0.3), new(9.2, 0.14 * velocity * velocity, seconds * 0.12), new(0.9992, 0.2, seconds)];
    }

    public static IReadOnlyList<Mode> Bells(int pitch, double velocity) =>
        [new(1, 0.5, 3.8), new(2.76, 0.26 * velocity, 2.0), new(5.4, 0.14 * velocity * velocity, 0.9), new(8.93, 0.06 * velocity * velocity, 0.4), new(1.0012, 0.2, 3.4)];

    public static IReadOnlyList<Mode> Celesta(int pitch, double velocity) =>
        [new(1, 0.6, 2.4), new(3.0, 0.12, 1.1), new(4.02, 0.16 * velocity, 0.9), new(6.7, 0.07 * velocity, 0.4), new(1.0008, 0.2, 2.2)];

    public static IReadOnlyList<Mode> Kalimba(int pitch, double velocity) =>
        [new(1, 0.7, 1.7), new(2.0, 0.1, 0.8), new(5.4, 0.2 * velocity, 0.28), new(9.1, 0.07 * velocity, 0.12), new(1.0007, 0.15, 1.5)];
}
