using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.WatchGeneration;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.WebApi.Http;

/// <summary>
/// Writes events as text/event-stream. Every 15 s a comment keeps proxies from hanging up, and the session is asked
/// again: a stream outlives its access token, but not its session, nor a script's token.
/// </summary>
internal sealed class EventStreamResult(IAsyncEnumerable<GenerationEvent> events, IEventStream place) : ActionResult
{
    public const string ContentType = "text/event-stream";

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var http = context.HttpContext;
        await using var held = place;
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            await UntilItEndsAsync(http, end);
            if (stopping.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
                await SendAsync(http, ComeBack(http), http.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client left.
        }
    }

    private async Task UntilItEndsAsync(HttpContext http, CancellationTokenSource end)
    {
        try
        {
            await OpenAsync(http, end.Token);
            await WriteAsync(http, end);
        }
        catch (Exception e) when (end.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The client left, the session ended or the server stops: all of them just end the stream.
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            // Whether the session lives can't be asked, so nothing more is said; the client comes back.
        }
    }

    // At once, to another node, which goes on after the last event; but not all in one moment.
    private static string ComeBack(HttpContext http) =>
        string.Create(CultureInfo.InvariantCulture, $": this server stops\nretry: {200 + (http.Connection.RemotePort % 800)}\n\n");

    private static async Task OpenAsync(HttpContext http, CancellationToken ct)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await SendAsync(http, "retry: 3000\n\n", ct);
    }

    private async Task WriteAsync(HttpContext http, CancellationTokenSource end)
    {
        var time = http.RequestServices.GetRequiredService<TimeProvider>();
        await using var source = events.GetAsyncEnumerator(end.Token);
        var next = source.MoveNextAsync().AsTask();
        var beat = Task.Delay(HeldStream.Heartbeat, time, end.Token);
        try
        {
            while (true)
            {
                if (await Task.WhenAny(next, beat) == beat)
                {
                    await beat;
                    if (!await HeldStream.MayGoOnAsync(http, place, time.GetUtcNow(), end.Token))
                        return;
                    await SendAsync(http, ": still here\n\n", end.Token);
                    beat = Task.Delay(HeldStream.Heartbeat, time, end.Token);
                }
                else if (await next)
                {
                    await SendAsync(http, Format(source.Current), end.Token);
                    next = source.MoveNextAsync().AsTask();
                }
                else
                {
                    return;
                }
            }
        }
        finally
        {
            // However it ends: an enumerator must not be disposed of in the middle of a step.
            await end.CancelAsync();
            await Task.WhenAny(next);
        }
    }

    internal static string Format(GenerationEvent e) =>
        $"event: {e.Type}\nid: {e.Id}\ndata: {JsonSerializer.Serialize(e.Data, WireJson.Options)}\n\n";

    private static async Task SendAsync(HttpContext http, string text, CancellationToken ct)
    {
        await http.Response.WriteAsync(text, ct);
        await http.Response.Body.FlushAsync(ct);
    }
}
