using MusicGen.Application.Generations;
using MusicGen.Application.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Http;

/// <summary>
/// An answer that lasts, with its place among its user's streams. Every 15 s the place is renewed and the session is asked
/// again: a stream outlives its access token, but not its session, nor a script's token.
/// </summary>
internal sealed class HeldStream : IAsyncDisposable
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly HttpContext _http;
    private readonly IEventStream _place;
    private readonly CancellationTokenSource _end;
    private readonly Task _beating;

    public HeldStream(HttpContext http, IEventStream place)
    {
        (_http, _place) = (http, place);
        _end = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        _beating = BeatAsync();
    }

    /// <summary>Does something until the client leaves, the session ends or the server stops.</summary>
    /// <returns>Null when one of these came first.</returns>
    public async Task<T?> WhileItLastsAsync<T>(Func<CancellationToken, Task<T?>> work)
        where T : class
    {
        try
        {
            return await work(_end.Token);
        }
        catch (Exception e) when (_end.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beating;
        await _place.DisposeAsync();
        _end.Dispose();
    }

    /// <summary>Whether the caller's session or token still lives and the place is still its own.</summary>
    public static async Task<bool> MayGoOnAsync(HttpContext http, IEventStream place, DateTimeOffset now, CancellationToken ct)
    {
        var services = http.RequestServices;
        var lives = Caller.Of(http) switch
        {
            { Id: { } user, Session: { } session } => await services.GetRequiredService<ISessionStore>().IsAliveAsync(user, session, ct),
            { Id: { } user, PersonalToken: { } token } =>
                now < token.ExpiresAt && await services.GetRequiredService<IRequestGate>().IsAliveAsync(user, token.Hash, ct),
            _ => false,
        };
        return lives && await place.RenewAsync(ct);
    }

    private async Task BeatAsync()
    {
        var time = _http.RequestServices.GetRequiredService<TimeProvider>();
        try
        {
            do
                await Task.Delay(Heartbeat, time, _end.Token);
            while (await MayGoOnAsync(_http, _place, time.GetUtcNow(), _end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException || Outages.IsOutage(e))
        {
            // It is over, or whether the session lives can't be asked: then nothing more is sent.
        }

        await _end.CancelAsync();
    }
}
