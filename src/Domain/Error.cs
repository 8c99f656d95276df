namespace MusicGen.Domain;

/// <summary>Why a request was refused: an expected answer, not an exception.</summary>
/// <param name="Code">Stable and machine-readable, as in <c>auth.invalid_credentials</c>.</param>
/// <param name="Message">For people; says what to do next.</param>
/// <param name="Kind">Which of the eight ways to fail this is.</param>
public sealed record Error(string Code, string Message, ErrorKind Kind)
{
    /// <summary>When trying again makes sense; always set for throttled and unavailable.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What is wrong with which field, by the field's name on the wire.</summary>
    public IReadOnlyDictionary<string, string[]>? Fields { get; init; }

    /// <summary>What it is about, where only the refusal knows: for the audit trail, never on the wire.</summary>
    public string? AuditSubject { get; init; }

    public static Error Invalid(string field, string message) => new("request.invalid", "The request is not valid.", ErrorKind.Invalid)
    {
        Fields = new Dictionary<string, string[]> { [field] = [message] },
    };

    public static Error Invalid(IReadOnlyDictionary<string, string[]> fields) =>
        new("request.invalid", "The request is not valid.", ErrorKind.Invalid) { Fields = fields };

    public static Error Unavailable(string message, TimeSpan retryAfter) =>
        new("service.unavailable", message, ErrorKind.Unavailable) { RetryAfter = retryAfter };
}

/// <summary>The eight ways in which a request can fail, each with its status on the wire.</summary>
public enum ErrorKind
{
    /// <summary>400</summary>
    Invalid,

    /// <summary>401</summary>
    Unauthenticated,

    /// <summary>403</summary>
    Forbidden,

    /// <summary>404</summary>
    NotFound,

    /// <summary>409</summary>
    Conflict,

    /// <summary>422</summary>
    Unprocessable,

    /// <summary>429</summary>
    Throttled,

    /// <summary>503</summary>
    Unavailable,
}
