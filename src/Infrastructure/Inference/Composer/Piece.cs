using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference.Composer;

/// <summary>A plan and its score: everything about a piece but its sound.</summary>
internal sealed record Piece(Plan Plan, Score Score)
{
    // Notes that belong to a downbeat may be played a little before it.
    private const double Early = 0.12;

    /// <summary>Composes what is asked for.</summary>
    /// <exception cref="MusicGenerationException">It goes on from something that has no score.</exception>
    public static Piece Write(MusicRequest request)
    {
        if ((request.Continue is not null && request.ContinueOf is null) || (request.Melody is not null && request.MelodyOf is null))
            throw new MusicGenerationException("The composer goes on from pieces of its own, whose scores it knows, not from recordings.");
        if (request.ContinueOf is { } earlier)
            return GoOn(Write(earlier), request);
        var plan = Planner.Plan(request, request.MelodyOf is { } source ? Write(source).Plan : null);
        return new Piece(plan, Composition.Write(plan));
    }

    /// <summary>
    /// The earlier piece up to the bar of its last chord, and from there its themes in new sections, to the new length.
    /// The first part is note for note and sound for sound what it was.
    /// </summary>
    private static Piece GoOn(Piece before, MusicRequest request)
    {
        var old = before.Plan;
        var join = Math.Floor((old.LastBeat / old.Metre.Beats) + 1e-9) * old.Metre.Beats;
        var rest = Planner.GoOn(old, request, request.Seconds - (join * old.SecondsPerBeat));
        var written = Composition.Write(rest);
        var parts = written.Parts.Select((part, i) =>
        {
            var kept = i < before.Score.Parts.Count ? before.Score.Parts[i].Notes : [];
            return part with
            {
                Notes =
                [
                    .. kept.Where(n => n.Start < join - Early).Select(n => n with { Length = Math.Min(n.Length, join - n.Start) }),
                    .. part.Notes.Select(n => n with { Start = n.Start + join }),
                ],
            };
        }).ToList();

        var firstBar = (int)(join / old.Metre.Beats);
        var plan = old with
        {
            Band = rest.Band,
            Sections = [.. old.Sections.Where(s => s.FirstBar < firstBar), .. rest.Sections.Select(s => s with { FirstBar = s.FirstBar + firstBar })],
            Wishes = rest.Wishes,
            LastBeat = join + rest.LastBeat,
            Seconds = request.Seconds,
            Understood = rest.Understood,
        };
        return new Piece(plan, new Score(parts, [.. before.Score.Chords.Where(c => c.Start < join - Early), .. written.Chords.Select(c => c with { Start = c.Start + join })]));
    }
}
