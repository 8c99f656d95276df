using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Generations.ListModels;

/// <summary>What this machine makes music with, the default first; anybody may ask.</summary>
public sealed record ListModelsQuery : IQuery<ModelList>;

public sealed record ModelList(IReadOnlyList<ModelView> Items);

/// <summary>There is nothing to get wrong; the rule that every request has a validator holds without exceptions.</summary>
internal sealed class ListModelsQueryValidator : AbstractValidator<ListModelsQuery>;

internal sealed class ListModelsQueryHandler(IMusicGenerator generator) : IRequestHandler<ListModelsQuery, Result<ModelList>>
{
    public Task<Result<ModelList>> Handle(ListModelsQuery query, CancellationToken ct) =>
        Task.FromResult<Result<ModelList>>(new ModelList(generator.Models.Select(ModelView.Of).ToList()));
}
