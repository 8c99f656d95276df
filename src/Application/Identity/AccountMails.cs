using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>The letters about accounts. No address gets more than a few an hour, whoever asks for them.</summary>
internal sealed class AccountMails(IMailer mailer, IRequestGate gate, IMessageAuthenticator authenticator, AccountPolicy policy)
{
    public bool IsAvailable => mailer.IsAvailable;

    public Task SendVerificationAsync(Email to, string token, CancellationToken ct) => SendAsync(to, "Confirm your e-mail address",
        $"""
         Welcome to MusicGen.

         Follow this link within 24 hours to confirm your address and to open your account:
         {policy.PublicUrl}/verify-email#{token}

         If you didn't ask for an account, do nothing: without the link none will be opened.
         """, ct);

    public Task SendAlreadyRegisteredAsync(Email to, CancellationToken ct) => SendAsync(to, "You already have an account",
        $"""
         Somebody, perhaps you, asked for a MusicGen account with this address. You have one already.

         If you have forgotten its password, ask for a new one here: {policy.PublicUrl}/
         If it wasn't you, do nothing: nobody learns that you have an account.
         """, ct);

    /// <summary>Counts against the address whether there is an account or not, so that the count tells nothing.</summary>
    public Task SendResetAsync(Email to, string? token, CancellationToken ct) => SendAsync(to, "Set a new password", token is null ? null :
        $"""
         Somebody, perhaps you, asked for a new password for your MusicGen account.

         Follow this link within 30 minutes to set it:
         {policy.PublicUrl}/reset-password#{token}

         If it wasn't you, do nothing: your password stays as it is.
         """, ct);

    public Task SendPasswordChangedAsync(Email to, CancellationToken ct) => NotifyAsync(to, "Your password was changed",
        $"""
         The password of your MusicGen account was changed, and your other sessions were ended.

         If it wasn't you, ask for a new password at once: {policy.PublicUrl}/
         """, ct);

    public Task SendNewDeviceAsync(Email to, string? userAgent, string? address, CancellationToken ct) => NotifyAsync(to, "A new device signed in",
        $"""
         Somebody signed in to your MusicGen account from a browser that we haven't seen before:
         {DeviceName.Of(userAgent)}, from {address ?? "an unknown address"}.

         If it was you, do nothing. If not, set a new password at once, which signs everybody out: {policy.PublicUrl}/
         """, ct);

    public Task SendSessionReusedAsync(Email to, string? userAgent, string? address, CancellationToken ct) => NotifyAsync(to, "A session was ended for safety",
        $"""
         A sign-in token of your MusicGen account that had been used up was presented again:
         {DeviceName.Of(userAgent)}, from {address ?? "an unknown address"}.

         It may have been stolen, so the session that it belonged to was ended everywhere.

         Sign in again. If you suspect a theft, set a new password and end all sessions: {policy.PublicUrl}/
         """, ct);

    /// <param name="to">The owner.</param>
    /// <param name="change">What happened, a sentence.</param>
    /// <param name="ct">Cancels.</param>
    public Task SendFactorChangedAsync(Email to, string change, CancellationToken ct) => NotifyAsync(to, "Your second factors were changed",
        $"""
         {change}

         If it wasn't you, set a new password at once and look at your second factors: {policy.PublicUrl}/
         """, ct);

    public Task SendTokenCreatedAsync(Email to, string name, CancellationToken ct) => NotifyAsync(to, "A personal access token was made",
        $"""
         A personal access token was made for your MusicGen account. Its name: {OneLine(name)}

         If it wasn't you, set a new password at once, which ends all tokens: {policy.PublicUrl}/
         """, ct);

    public Task SendGuessWarningAsync(Email to, CancellationToken ct) => NotifyAsync(to, "Somebody tries to guess your password",
        $"""
         Somebody has tried several times to sign in to your MusicGen account with a wrong password. None of these tries
         got in, and further ones are slowed down.

         If it was you, do nothing, or ask for a new password. If not, and you use the same password anywhere else, set a
         new one. A second factor or a passkey keeps out even those who know it: {policy.PublicUrl}/

         You get this mail once a day at most.
         """, ct);

    /// <param name="to">The owner.</param>
    /// <param name="names">The tokens that end.</param>
    /// <param name="days">Within so many days.</param>
    /// <param name="ct">Cancels.</param>
    public Task SendTokensEndAsync(Email to, IReadOnlyList<string> names, int days, CancellationToken ct) => NotifyAsync(to, "Personal access tokens end soon",
        $"""
         Of your MusicGen account, these personal access tokens end within {(days == 1 ? "a day" : $"{days} days")}:

         {string.Join("\n", names.Select(n => $"- {OneLine(n)}"))}

         Scripts that use them stop then. Make new ones in time: {policy.PublicUrl}/
         """, ct);

    public Task SendExportReadyAsync(Email to, CancellationToken ct) => NotifyAsync(to, "Your data is ready",
        $"""
         The export of your data that you asked for is ready. Sign in to download it: {policy.PublicUrl}/

         If you didn't ask for it, set a new password at once.
         """, ct);

    public Task SendAccountDeletedAsync(Email to, string receipt, CancellationToken ct) => NotifyAsync(to, "Your account was deleted",
        $"""
         Your MusicGen account and everything in it were deleted, as you asked. The receipt's number: {receipt}
         """, ct);

    /// <summary>Where a link to a new password points.</summary>
    public string ResetLink(string token) => $"{policy.PublicUrl}/reset-password#{token}";

    // A name may hold anything; a mail is no place for it to begin a line of its own.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private Task SendAsync(Email to, string subject, string? text, CancellationToken ct) => SendAsync(to, "mail", subject, text, ct);

    /// <summary>Counted apart from what anybody can ask for, so that nobody can use up the owner's warnings.</summary>
    private Task NotifyAsync(Email to, string subject, string text, CancellationToken ct) => SendAsync(to, "notice", subject, text, ct);

    private async Task SendAsync(Email to, string counter, string subject, string? text, CancellationToken ct)
    {
        // The address itself must not stand among Redis's keys.
        var counted = await gate.CountStrictAsync(StrictLimit.Mail, authenticator.Sign(counter, to.Value), ct);
        if (counted is null && text is not null && mailer.IsAvailable)
            await mailer.SendAsync(to.Value, subject, text, ct);
    }
}
