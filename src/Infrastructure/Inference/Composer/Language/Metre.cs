namespace MusicGen.Infrastructure.Inference.Composer.Language;

/// <summary>Beats in a bar and sixteenths in a beat: 6/8 has two beats of six, and tempo counts those.</summary>
internal readonly record struct Metre(int Beats, int Steps)
{
    public static readonly Metre Common = new(4, 4);
    public static readonly Metre March = new(2, 4);
    public static readonly Metre Waltz = new(3, 4);
    public static readonly Metre Compound = new(2, 6);
    public static readonly Metre Nine = new(3, 6);
    public static readonly Metre Twelve = new(4, 6);
    public static readonly Metre Five = new(5, 4);
    public static readonly Metre Seven = new(7, 4);

    public int StepsPerBar => Beats * Steps;
}
