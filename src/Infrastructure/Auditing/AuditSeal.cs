using System.Globalization;
using MusicGen.Application.Identity;
using MusicGen.Domain.Auditing;

namespace MusicGen.Infrastructure.Auditing;

/// <summary>
/// Signatures over the trail, each kind under a purpose of its own: a checkpoint says that an entry was there, a
/// beginning that everything up to it was removed by retention. Only the latter may stand before a first entry.
/// </summary>
internal sealed class AuditSeal(IMessageAuthenticator authenticator)
{
    private const string HeadPurpose = "audit-head";
    private const string CheckpointPurpose = "audit-checkpoint";
    private const string BeginningPurpose = "audit-beginning";

    public AuditHead Head(long sequence, string hash, long began, DateTimeOffset at)
    {
        var head = new AuditHead(sequence, hash, began, at, string.Empty);
        return head with { Signature = authenticator.Sign(HeadPurpose, Text(head)) };
    }

    public bool IsOurs(AuditHead head) => authenticator.Verify(HeadPurpose, Text(head), head.Signature);

    public AuditCheckpoint Checkpoint(long sequence, string hash, DateTimeOffset at) =>
        new(sequence, hash, at, authenticator.Sign(CheckpointPurpose, Text(sequence, hash)));

    public AuditCheckpoint Beginning(long sequence, string hash, DateTimeOffset at) =>
        new(sequence, hash, at, authenticator.Sign(BeginningPurpose, Text(sequence, hash)));

    public bool IsOurs(AuditCheckpoint checkpoint) =>
        authenticator.Verify(CheckpointPurpose, Text(checkpoint.Sequence, checkpoint.Hash), checkpoint.Signature) || IsBeginning(checkpoint);

    public bool IsBeginning(AuditCheckpoint checkpoint) =>
        authenticator.Verify(BeginningPurpose, Text(checkpoint.Sequence, checkpoint.Hash), checkpoint.Signature);

    /// <summary>Signs under the present secret what is ours under whichever.</summary>
    /// <returns>False when there was nothing to do, or it isn't ours.</returns>
    public bool Resign(AuditCheckpoint checkpoint)
    {
        if (!IsOurs(checkpoint))
            return false;
        var signature = authenticator.Sign(IsBeginning(checkpoint) ? BeginningPurpose : CheckpointPurpose, Text(checkpoint.Sequence, checkpoint.Hash));
        if (signature == checkpoint.Signature)
            return false;
        checkpoint.Resign(signature);
        return true;
    }

    private static string Text(AuditHead head) =>
        string.Create(CultureInfo.InvariantCulture, $"{head.Sequence}|{head.Hash}|{head.Began}|{head.At.UtcTicks}");

    private static string Text(long sequence, string hash) => string.Create(CultureInfo.InvariantCulture, $"{sequence}|{hash}");
}

/// <summary>A signed statement, kept outside the table, of how far the trail had come.</summary>
/// <param name="Sequence">The number of the last entry.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Began">The first entry that this witness has seen: 1, unless the witness was lost and begun anew.</param>
/// <param name="At">When it was signed.</param>
/// <param name="Signature">Names its key.</param>
internal sealed record AuditHead(long Sequence, string Hash, long Began, DateTimeOffset At, string Signature);
