using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Generations.ListModels;

/// <summary>What the service makes music with, the caller's default first; anybody may ask.</summary>
public sealed record ListModelsQuery : IQuery<ModelList>;

public sealed record ModelList(IReadOnlyList<ModelView> Items);

/// <summary>There is nothing to get wrong; the rule that every request has a validator holds without exceptions.</summary>
internal sealed class ListModelsQueryValidator : AbstractValidator<ListModelsQuery>;

internal sealed class ListModelsQueryHandler(IModelCatalogue models, ICurrentUser caller) : IRequestHandler<ListModelsQuery, Result<ModelList>>
{
    public Task<Result<ModelList>> Handle(ListModelsQuery query, CancellationToken ct) =>
        Task.FromResult<Result<ModelList>>(new ModelList(models.Models.OrderBy(m => !m.Serves(caller.Tier)).Select(ModelView.Of).ToList()));
}
