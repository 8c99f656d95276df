using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>Takes mail at once and hands it to <see cref="MailSender"/>, so that no answer waits for a mail server.</summary>
internal sealed partial class MailQueue(IOptions<MailOptions> options, TimeProvider time, ILogger<MailQueue> logger) : IMailer
{
    private readonly Channel<Letter> _waiting = Channel.CreateBounded<Letter>(new BoundedChannelOptions(1000) { SingleReader = true });

    public bool IsAvailable => options.Value.IsAvailable;

    public ChannelReader<Letter> Waiting => _waiting.Reader;

    /// <summary>Nothing more is taken; what waits is still sent.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    public Task SendAsync(string to, string subject, string text, CancellationToken ct)
    {
        if (Read(to) is not { } recipient)
        {
            Log.AddressRefused(logger); // what was asked for is done: an account of old with such an address just gets no mail
            return Task.CompletedTask;
        }

        var message = new MimeMessage(
            [MailboxAddress.Parse(options.Value.From)],
            [recipient],
            subject,
            new TextPart("plain") { Text = text, ContentTransferEncoding = ContentEncoding.SevenBit }) // no link is cut into lines
        {
            Date = time.GetUtcNow(),
        };

        Take(new Letter(message, Attempts: 0));
        return Task.CompletedTask;
    }

    /// <summary>Takes a mail, or drops it: a queue of a thousand means that the mail server has been away for long, and waiting would tell who has an account.</summary>
    public void Take(Letter letter)
    {
        if (!_waiting.Writer.TryWrite(letter))
            Log.MailDropped(logger);
    }

    private static MailboxAddress? Read(string address)
    {
        try
        {
            return new MailboxAddress(string.Empty, address);
        }
        catch (ParseException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1020, LogLevel.Error, "A mail was dropped: a thousand are waiting for the mail server")]
        public static partial void MailDropped(ILogger logger);

        [LoggerMessage(1023, LogLevel.Error, "A mail was dropped: its address is none that mail can be sent to")]
        public static partial void AddressRefused(ILogger logger);
    }
}

/// <param name="Message">What is to be sent.</param>
/// <param name="Attempts">How often that has failed.</param>
internal sealed record Letter(MimeMessage Message, int Attempts);
