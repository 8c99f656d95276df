namespace MusicGen.Application.Auditing;

/// <summary>Names a command in the audit trail.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AuditActionAttribute(string name) : Attribute
{
    /// <summary>As in <c>identity.login</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The original service's name of the event, as in <c>login_success</c>.</summary>
    public string? SuccessEvent { get; init; }

    /// <summary>As in <c>login_failed</c>.</summary>
    public string? FailureEvent { get; init; }

    /// <summary>Where a throttled attempt has a name of its own, as in <c>login_rate_limited</c>.</summary>
    public string? ThrottledEvent { get; init; }
}

/// <summary>A command that says what it is about: an id, never a payload.</summary>
public interface IAuditedSubject
{
    string? AuditSubject { get; }
}

/// <summary>An answer that says what the command was about, when only the answer knows.</summary>
public interface IAuditedResult
{
    string? AuditSubject { get; }
}

/// <summary>An answer that names its event, when a success can be more than one thing.</summary>
public interface IAuditedEvent
{
    string? AuditEvent { get; }
}

/// <summary>A command by which somebody proves who they are: it says by what, for every outcome.</summary>
public interface IAuditedProof
{
    /// <summary>As in <c>password</c>, <c>passkey</c> or <c>password+totp</c>; never the proof itself.</summary>
    string? AuditProof { get; }
}

/// <summary>A command about an e-mail address, which is recorded as a keyed hash.</summary>
public interface IAuditedEmail
{
    string Email { get; }
}
