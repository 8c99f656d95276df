namespace MusicGen.Application.Identity;

/// <summary>Hands a mail over for sending; the answer doesn't wait for the mail server, so time tells nothing about an address.</summary>
public interface IMailer
{
    /// <summary>False when this server has no way to send mail.</summary>
    bool IsAvailable { get; }

    /// <param name="to">An address.</param>
    /// <param name="subject">One line.</param>
    /// <param name="text">Plain text.</param>
    /// <param name="ct">Cancels.</param>
    Task SendAsync(string to, string subject, string text, CancellationToken ct);
}
