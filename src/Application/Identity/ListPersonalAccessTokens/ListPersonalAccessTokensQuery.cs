using MediatR;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.Identity.ListPersonalAccessTokens;

/// <summary>The caller's living personal access tokens, the newest first.</summary>
public sealed record ListPersonalAccessTokensQuery : IQuery<PersonalTokenList>;

public sealed record PersonalTokenList(IReadOnlyList<PersonalTokenView> Items);

internal sealed class ListPersonalAccessTokensQueryHandler(PersonalTokens tokens, ICurrentUser caller)
    : IRequestHandler<ListPersonalAccessTokensQuery, Result<PersonalTokenList>>
{
    public async Task<Result<PersonalTokenList>> Handle(ListPersonalAccessTokensQuery query, CancellationToken ct) =>
        new PersonalTokenList(await tokens.ListAsync(caller.Required, ct));
}
