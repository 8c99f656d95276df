using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Generations.GetGenerationMidi;

/// <summary>The notes of one of the caller's composed pieces.</summary>
public sealed record GetGenerationMidiQuery(string TaskId) : IQuery<MidiScore>;

/// <param name="Content">A standard MIDI file of type 1.</param>
public sealed record MidiScore(byte[] Content);

internal sealed class GetGenerationMidiQueryValidator : AbstractValidator<GetGenerationMidiQuery>
{
    public GetGenerationMidiQueryValidator() => RuleFor(q => q.TaskId).NotEmpty();
}

internal sealed class GetGenerationMidiQueryHandler(ScoreSource source, IScoreWriter scores) : IRequestHandler<GetGenerationMidiQuery, Result<MidiScore>>
{
    public async Task<Result<MidiScore>> Handle(GetGenerationMidiQuery query, CancellationToken ct)
    {
        var request = await source.FindAsync(query.TaskId, ct);
        return request.IsSuccess ? new MidiScore(scores.Midi(request.Value)) : request.Error;
    }
}
