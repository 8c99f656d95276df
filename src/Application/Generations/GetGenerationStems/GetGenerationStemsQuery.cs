using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Generations.GetGenerationStems;

/// <summary>The players of one of the caller's composed pieces, each alone.</summary>
public sealed record GetGenerationStemsQuery(string TaskId) : IQuery<StemsArchive>;

/// <param name="Content">A ZIP of WAV files, written while it is read; the receiver disposes it.</param>
public sealed record StemsArchive(Stream Content);

internal sealed class GetGenerationStemsQueryValidator : AbstractValidator<GetGenerationStemsQuery>
{
    public GetGenerationStemsQueryValidator() => RuleFor(q => q.TaskId).NotEmpty();
}

internal sealed class GetGenerationStemsQueryHandler(ScoreSource source, IScoreWriter scores) : IRequestHandler<GetGenerationStemsQuery, Result<StemsArchive>>
{
    public async Task<Result<StemsArchive>> Handle(GetGenerationStemsQuery query, CancellationToken ct)
    {
        var request = await source.FindAsync(query.TaskId, ct);
        if (!request.IsSuccess)
            return request.Error;
        // The caller's departure ends the writing, which outlives this handler.
        var stems = scores.OpenStems(request.Value, ct);
        return stems.IsSuccess ? new StemsArchive(stems.Value) : stems.Error;
    }
}
