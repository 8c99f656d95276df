namespace MusicGen.Application.Identity.RunExport;

/// <summary>What whoever opens an export reads first; docs/privacy.md says the same at more length.</summary>
internal static class ExportReadme
{
    public const string Text = """
        This archive holds everything that this MusicGen server keeps about you and your music.
        Text is UTF-8; times are ISO 8601 in UTC; a .jsonl file has one JSON document on each line.

        account.json        You: e-mail address, username, role, tier; when the account was made and its password changed.
                            Your authenticator app, recovery codes, passkeys and personal access tokens: when they were
                            made and used, never their secrets. Your open sessions with address and browser. What is
                            used of your quota. The exports that you asked for.
        generations.jsonl   Every task: "task" as the API shows it (prompt, seed, model, all parameters, status, times),
                            the tier and batch it came in, your name of the request, how often it was started, and
                            "audio_file", its sound in this archive, or null where there is none.
        batches.jsonl       Requests that came together: id, how many, when.
        audio/              One 16-bit WAV file for each task that has sound, named by the task's id.
        audit.jsonl         Entries of the audit trail that you caused or that are about your account: when, who, what,
                            on what, with which outcome, from which address.
        manifest.json       Name, length and SHA-256 of each file above.

        """;
}
