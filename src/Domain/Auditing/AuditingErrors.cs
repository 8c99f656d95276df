namespace MusicGen.Domain.Auditing;

public static class AuditingErrors
{
    public static Error Broken(string problem) =>
        new("audit.broken", $"The trail isn't whole, so nothing is removed from it. {problem}", ErrorKind.Conflict);
}
