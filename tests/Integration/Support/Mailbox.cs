namespace MusicGen.Integration.Support;

/// <summary>The mail that a Development server writes to its folder instead of sending it.</summary>
public static class Mailbox
{
    /// <summary>Waits for the latest mail to an address that holds a link of a kind.</summary>
    /// <param name="app">Whose mail.</param>
    /// <param name="to">The address.</param>
    /// <param name="link">As in <c>/verify-email</c>.</param>
    /// <param name="other">The token of an earlier one, which isn't waited for.</param>
    /// <returns>The link's token.</returns>
    public static async Task<string> TokenAsync(this MusicGenApp app, string to, string link, string? other = null)
    {
        var folder = Path.Combine(app.Folder, "mail");
        for (var attempt = 0; attempt < 100; attempt++)
        {
            foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.eml").Order(StringComparer.Ordinal).Reverse() : [])
            {
                var mail = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
                var start = mail.IndexOf($"{link}#", StringComparison.Ordinal);
                if (start < 0 || !mail.Contains($"To: {to}", StringComparison.Ordinal))
                    continue;
                var token = new string([.. mail[(start + link.Length + 1)..].TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')]);
                if (token != other)
                    return token;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"No mail with {link} came to {to}.");
    }

    /// <summary>Waits for mail of a subject to an address.</summary>
    /// <returns>All that is there when the first is.</returns>
    public static async Task<IReadOnlyList<string>> MailsAsync(this MusicGenApp app, string to, string subject)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (app.Mails(to, subject) is { Count: > 0 } mails)
                return mails;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"No mail \"{subject}\" came to {to}.");
    }

    /// <summary>The mail of a subject to an address that is there now.</summary>
    public static IReadOnlyList<string> Mails(this MusicGenApp app, string to, string subject)
    {
        var folder = Path.Combine(app.Folder, "mail");
        return [.. (Directory.Exists(folder) ? Directory.GetFiles(folder, "*.eml") : []).Select(File.ReadAllText)
            .Where(mail => mail.Contains($"To: {to}", StringComparison.Ordinal) && mail.Contains($"Subject: {subject}", StringComparison.Ordinal))];
    }
}
