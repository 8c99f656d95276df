using FluentValidation;
using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GetModel;

/// <summary>One model; anybody may ask.</summary>
public sealed record GetModelQuery(string Id) : IQuery<ModelView>;

internal sealed class GetModelQueryValidator : AbstractValidator<GetModelQuery>
{
    public GetModelQueryValidator() => RuleFor(q => q.Id).NotEmpty();
}

internal sealed class GetModelQueryHandler(IModelCatalogue models) : IRequestHandler<GetModelQuery, Result<ModelView>>
{
    public Task<Result<ModelView>> Handle(GetModelQuery query, CancellationToken ct) =>
        Task.FromResult<Result<ModelView>>(models.Find(query.Id) is { } model ? ModelView.Of(model) : GenerationErrors.ModelNotFound(query.Id));
}
