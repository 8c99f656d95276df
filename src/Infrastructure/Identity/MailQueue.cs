using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Takes mail at once and hands it to <see cref="MailSender"/>, so that no answer waits for a mail server.</summary>
internal sealed partial class MailQueue(IOptions<MailOptions> options, TimeProvider time, ILogger<MailQueue> logger) : IMailer
{
    private readonly Channel<MimeMessage> _waiting = Channel.CreateBounded<MimeMessage>(new BoundedChannelOptions(1000) { SingleReader = true });

    public bool IsAvailable => options.Value.IsAvailable;

    public ChannelReader<MimeMessage> Waiting => _waiting.Reader;

    /// <summary>Nothing more is taken; what waits is still sent.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    public Task SendAsync(string to, string subject, string text, CancellationToken ct)
    {
        var message = new MimeMessage(
            [MailboxAddress.Parse(options.Value.From)],
            [new MailboxAddress(string.Empty, to)],
            subject,
            new TextPart("plain") { Text = text, ContentTransferEncoding = ContentEncoding.SevenBit }) // no link is cut into lines
        {
            Date = time.GetUtcNow(),
        };

        // A queue of a thousand means that the mail server has been away for long; waiting would tell who has an account.
        if (!_waiting.Writer.TryWrite(message))
            Log.MailDropped(logger);
        return Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(1020, LogLevel.Error, "A mail was dropped: a thousand are waiting for the mail server")]
        public static partial void MailDropped(ILogger logger);
    }
}
