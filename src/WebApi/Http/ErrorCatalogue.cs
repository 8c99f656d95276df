namespace MusicGen.WebApi.Http;

/// <summary>Every error code that a client can meet, with its status: what the API description lists.</summary>
internal static class ErrorCatalogue
{
    public static readonly IReadOnlyDictionary<string, int> StatusByCode = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["request.invalid"] = 400,
        ["request.host"] = 400,
        ["auth.required"] = 401,
        ["auth.invalid_credentials"] = 401,
        ["auth.token_invalid"] = 401,
        ["auth.session_ended"] = 401,
        ["auth.refresh_missing"] = 401,
        ["auth.refresh_invalid"] = 401,
        ["auth.refresh_reused"] = 401,
        ["auth.challenge_invalid"] = 401,
        ["auth.forbidden"] = 403,
        ["auth.email_unverified"] = 403,
        ["auth.registration_closed"] = 403,
        ["auth.step_up_required"] = 403,
        ["auth.second_factor_required"] = 403,
        ["auth.scope_missing"] = 403,
        ["auth.token_not_allowed"] = 403,
        ["csrf.missing"] = 403,
        ["csrf.invalid"] = 403,
        ["csrf.cross_site"] = 403,
        ["cors.origin_refused"] = 403,
        ["route.not_found"] = 404,
        ["user.not_found"] = 404,
        ["key.not_found"] = 404,
        ["session.not_found"] = 404,
        ["factor.not_found"] = 404,
        ["token.not_found"] = 404,
        ["export.not_found"] = 404,
        ["generation.not_found"] = 404,
        ["batch.not_found"] = 404,
        ["model.not_found"] = 404,
        ["node.not_found"] = 404,
        ["request.method"] = 405,
        ["request.timeout"] = 408,
        ["auth.username_taken"] = 409,
        ["auth.email_taken"] = 409,
        ["user.last_admin"] = 409,
        ["audit.broken"] = 409,
        ["auth.factor_exists"] = 409,
        ["factor.limit"] = 409,
        ["token.limit"] = 409,
        ["export.not_ready"] = 409,
        ["generation.not_completed"] = 409,
        ["generation.not_failed"] = 409,
        ["model.built_in"] = 409,
        ["node.lost"] = 409,
        ["request.too_large"] = 413,
        ["request.content_type"] = 415,
        ["audio.range"] = 416,
        ["generation.unsupported_field"] = 422,
        ["generation.no_score"] = 422,
        ["generation.score_outdated"] = 422,
        ["generation.stream_needs_fixed_gain"] = 422,
        ["idempotency.mismatch"] = 422,
        ["audio.format_unavailable"] = 422,
        ["auth.mail_unavailable"] = 422,
        ["rate_limit.exceeded"] = 429,
        ["quota.exceeded"] = 429,
        ["auth.too_many_attempts"] = 429,
        ["server.error"] = 500,
        ["service.unavailable"] = 503,
        ["generation.queue_full"] = 503,
    };
}

/// <summary>Codes with which an action may refuse, beside those that every action shares; for the API description.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RefusesAttribute(params string[] codes) : Attribute
{
    public IReadOnlyList<string> Codes { get; } = codes;
}
