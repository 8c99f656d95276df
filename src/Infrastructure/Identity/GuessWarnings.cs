using System.Threading.Channels;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.WarnOfGuesses;
using MusicGen.Application.Persistence;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Warns owners whose account strangers guess at so often that they must wait. It happens beside the requests, which so
/// take the same time whether there is such an account or not.
/// </summary>
internal sealed partial class GuessWarnings(IServiceScopeFactory scopes, IMailer mailer, IMessageAuthenticator authenticator, ILogger<GuessWarnings> logger)
    : BackgroundService
{
    private const int MaxWaiting = 1000;

    private readonly Channel<Email> _waiting = Channel.CreateBounded<Email>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Strangers have to wait for their next guess at the account of that address, if there is one.</summary>
    public void Note(Email email) => _waiting.Writer.TryWrite(email);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var email in _waiting.Reader.ReadAllAsync(stoppingToken))
                await WarnAsync(email, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private async Task WarnAsync(Email email, CancellationToken ct)
    {
        try
        {
            if (!mailer.IsAvailable)
                return;
            await using var scope = scopes.CreateAsyncScope();
            var services = scope.ServiceProvider;
            var owner = await services.GetRequiredService<IMusicGenDbContext>().Users
                .Where(u => u.Email == email && !u.IsDisabled).Select(u => (UserId?)u.Id).SingleOrDefaultAsync(ct);
            var gate = services.GetRequiredService<IRequestGate>();
            if (owner is { } id && await gate.CountStrictAsync(StrictLimit.GuessWarning, authenticator.Sign("guess-warning", email.Value), ct) is null)
                await services.GetRequiredService<ISender>().Send(new WarnOfGuessesCommand(id), ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            Log.NotWarned(logger, e); // the next guess asks for it again
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1060, LogLevel.Warning, "An owner could not be warned of guesses at their password")]
        public static partial void NotWarned(ILogger logger, Exception exception);
    }
}
