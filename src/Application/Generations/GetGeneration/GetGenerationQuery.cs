using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GetGeneration;

/// <summary>One of the caller's tasks.</summary>
public sealed record GetGenerationQuery(string TaskId) : IQuery<GenerationView>;

internal sealed class GetGenerationQueryValidator : AbstractValidator<GetGenerationQuery>
{
    public GetGenerationQueryValidator() => RuleFor(q => q.TaskId).NotEmpty();
}

internal sealed class GetGenerationQueryHandler(IMusicGenDbContext db, GenerationViews views, ICurrentUser caller)
    : IRequestHandler<GetGenerationQuery, Result<GenerationView>>
{
    public async Task<Result<GenerationView>> Handle(GetGenerationQuery query, CancellationToken ct)
    {
        var user = caller.Required;
        if (!GenerationId.TryParse(query.TaskId, out var id)
            || await db.Generations.AsNoTracking().SingleOrDefaultAsync(g => g.UserId == user && g.Id == id, ct) is not { } task)
            return GenerationErrors.NotFound;

        return await views.OfAsync(task, ct);
    }
}
