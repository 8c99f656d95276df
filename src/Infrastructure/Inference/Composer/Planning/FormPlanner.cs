using MusicGen.Infrastructure.Inference.Composer.Language;

namespace MusicGen.Infrastructure.Inference.Composer.Planning;

/// <summary>Divides the bars of a piece into sections that come from somewhere and go somewhere.</summary>
internal static class FormPlanner
{
    /// <summary>The sections of that many bars before the last chord; none for 0.</summary>
    /// <param name="bars">How many.</param>
    /// <param name="energy">0 to 1, of the whole piece: a calm one has calm peaks.</param>
    /// <param name="wishes">What the words ask of its course.</param>
    /// <param name="dice">Chooses the order of themes.</param>
    /// <param name="isGoingOn">Whether music has been playing already: nothing is to be introduced.</param>
    public static List<Section> Plan(int bars, double energy, IReadOnlySet<FormWish> wishes, Dice dice, bool isGoingOn = false)
    {
        var sections = new List<Section>();
        var at = 0;
        void Add(SectionKind kind, int theme, int length, double intensity)
        {
            if (length <= 0)
                return;
            sections.Add(new Section(kind, theme, at, length, intensity));
            at += length;
        }

        if (bars < 6)
        {
            // Too short for an arch: a start, and more of it.
            Add(SectionKind.Theme, 0, (bars + 1) / 2, 0.65);
            Add(SectionKind.Ending, 0, bars / 2, 0.85);
        }
        else
        {
            var intro = isGoingOn ? 0 : bars < 12 ? 1 + (bars / 10) : bars < 28 ? 2 : 4;
            var ending = bars < 28 ? 2 : 4;
            Add(SectionKind.Intro, 0, intro, 0.35);
            foreach (var (theme, length, intensity) in Middle(bars - intro - ending, dice))
                Add(theme == 2 ? SectionKind.Bridge : SectionKind.Theme, theme, length, intensity);
            Add(SectionKind.Ending, 0, ending, 0.8);
        }

        return [.. sections.Select((s, i) => s with { Intensity = Wish(Lift(s.Intensity, energy), i, sections.Count, wishes) })];
    }

    private static IEnumerable<(int Theme, int Bars, double Intensity)> Middle(int bars, Dice dice)
    {
        var length = bars >= 40 ? 8 : bars >= 8 ? 4 : bars;
        var count = Math.Max(1, bars / Math.Max(1, length));
        int[][] courses = [[0, 0, 1, 0, 2, 1], [0, 1, 0, 1, 2, 1], [0, 1, 2, 0, 1, 1]];
        var course = dice.Pick(courses);
        var left = bars;
        for (var i = 0; i < count; i++)
        {
            var isLast = i == count - 1;
            var theme = course[i % course.Length];
            // The end returns to one of the two main themes; a piece that knew only the first still owes the second.
            if (isLast && count > 2)
                theme = course.Take(Math.Min(i, course.Length)).All(t => t == 0) ? 1 : dice.Below(2);
            var here = isLast ? left : length;
            left -= here;
            var rise = 0.2 * i / Math.Max(1, count - 1);
            yield return (theme, here, isLast && count > 1 ? 0.95 : theme switch { 0 => 0.5 + rise, 1 => 0.7 + rise, _ => 0.4 });
        }
    }

    private static double Lift(double intensity, double energy) => Math.Clamp(intensity + ((energy - 0.55) * 0.6), 0.16, 1);

    private static double Wish(double intensity, int index, int count, IReadOnlySet<FormWish> wishes)
    {
        var place = count == 1 ? 1 : (double)index / (count - 1);
        if (wishes.Contains(FormWish.BuildUp))
            intensity = 0.2 + (0.8 * place);
        if (wishes.Contains(FormWish.QuietStart))
            intensity = Math.Min(intensity, 0.22 + (1.6 * place));
        if (wishes.Contains(FormWish.Drop) && index == count / 2 && count > 3)
            intensity = 0.25;
        if (index < count - 1)
            return intensity;
        return wishes.Contains(FormWish.LoudEnd) ? 1 : wishes.Contains(FormWish.QuietEnd) || wishes.Contains(FormWish.FadeOut) ? 0.3 : intensity;
    }
}
