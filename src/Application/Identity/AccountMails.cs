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

    public Task SendPasswordChangedAsync(Email to, CancellationToken ct) => SendAsync(to, "Your password was changed",
        $"""
         The password of your MusicGen account was changed, and your other sessions were ended.

         If it wasn't you, ask for a new password at once: {policy.PublicUrl}/
         """, ct);

    /// <summary>Where a link to a new password points.</summary>
    public string ResetLink(string token) => $"{policy.PublicUrl}/reset-password#{token}";

    private async Task SendAsync(Email to, string subject, string? text, CancellationToken ct)
    {
        // The address itself must not stand among Redis's keys.
        var counted = await gate.CountStrictAsync(StrictLimit.Mail, authenticator.Sign("mail", to.Value), ct);
        if (counted is null && text is not null && mailer.IsAvailable)
            await mailer.SendAsync(to.Value, subject, text, ct);
    }
}
