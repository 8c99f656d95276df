using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GetGenerationAudio;

/// <summary>The sound of one of the caller's tasks.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Format">By its wire name; wav when absent.</param>
public sealed record GetGenerationAudioQuery(string TaskId, string? Format = null) : IQuery<AudioFile>;

internal sealed class GetGenerationAudioQueryValidator : AbstractValidator<GetGenerationAudioQuery>
{
    public GetGenerationAudioQueryValidator()
    {
        RuleFor(q => q.TaskId).NotEmpty();
        RuleFor(q => q.Format).Must(f => f is null || AudioFormats.ByName.ContainsKey(f))
            .WithMessage($"'format' must be one of {string.Join(", ", AudioFormats.ByName.Keys)}.");
    }
}

internal sealed class GetGenerationAudioQueryHandler(IMusicGenDbContext db, IAudioStore store, ICurrentUser caller)
    : IRequestHandler<GetGenerationAudioQuery, Result<AudioFile>>
{
    public async Task<Result<AudioFile>> Handle(GetGenerationAudioQuery query, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(query.TaskId, out var id))
            return GenerationErrors.NotFound;

        var status = await db.Generations.Where(g => g.UserId == user && g.Id == id)
            .Select(g => (GenerationStatus?)g.Status).SingleOrDefaultAsync(ct);
        if (status is null)
            return GenerationErrors.NotFound;
        return status == GenerationStatus.Completed
            ? await store.OpenAsync(id, AudioFormats.ByName[query.Format ?? "wav"], ct)
            : GenerationErrors.NotCompleted;
    }
}
