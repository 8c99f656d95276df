using System.Globalization;
using System.Text.Json;
using MusicGen.Application.Auditing;
using MusicGen.Domain.Identity;

namespace MusicGen.Application.Identity;

/// <summary>
/// All that is left of an account: that it was deleted, and how much was. Signed, so that the operator can tell later
/// whether it is ours; it names nobody.
/// </summary>
/// <param name="Id">The receipt's number.</param>
/// <param name="UserId">Whose account it was.</param>
/// <param name="DeletedAt">When it was gone.</param>
/// <param name="Tasks">Tasks removed.</param>
/// <param name="AudioFiles">Sound files removed, in all formats.</param>
/// <param name="AudioBytes">Their lengths together.</param>
/// <param name="Sessions">Sessions ended.</param>
/// <param name="Tokens">Personal access tokens ended.</param>
/// <param name="Signature"><c>KEYID.SIGNATURE</c>.</param>
public sealed record DeletionReceipt(
    string Id, string UserId, DateTimeOffset DeletedAt, int Tasks, int AudioFiles, long AudioBytes, int Sessions, int Tokens, string Signature)
    : IAuditedResult
{
    private const string Purpose = "deletion-receipt";

    string? IAuditedResult.AuditSubject => $"user:{UserId}";

    /// <summary>Whether it says what we signed.</summary>
    public bool IsGenuine(IMessageAuthenticator authenticator) => authenticator.Verify(Purpose, Text, Signature);

    internal static DeletionReceipt Sign(UserId user, Removed removed, DateTimeOffset now, IMessageAuthenticator authenticator)
    {
        var at = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, TimeSpan.Zero); // as the wire shows it
        var receipt = new DeletionReceipt(
            Guid.CreateVersion7(now).ToString(), user.ToString(), at, removed.Music.Tasks, removed.Music.AudioFiles, removed.Music.AudioBytes,
            removed.Sessions, removed.Tokens, Signature: string.Empty);
        return receipt with { Signature = authenticator.Sign(Purpose, receipt.Text) };
    }

    // A JSON array: no two receipts have the same text, whatever their fields hold.
    private string Text => JsonSerializer.Serialize<string[]>([
        Id, UserId, DeletedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        .. new[] { Tasks, AudioFiles, AudioBytes, Sessions, Tokens }.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
}
