using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;
using MusicGen.Programs;

namespace MusicGen.Integration.Support;

/// <summary>
/// A reverse proxy in front of the server, as honest as its operator's would be, but for the one thing that a test spoils.
/// </summary>
internal sealed class SpoilingProxy : IAsyncDisposable
{
    // What belongs to a connection, not to the message; and what Kestrel writes itself.
    private static readonly string[] NotForwarded = ["Host", "Connection", "Transfer-Encoding", "Content-Length", "Expect", "Date", "Server"];

    private static int _count;

    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private readonly Fault _fault;
    private readonly string _client = $"192.0.2.{Interlocked.Increment(ref _count) % 250}"; // RFC 5737: nobody's; a budget of its own

    private SpoilingProxy(WebApplication app, Uri server, Fault fault)
    {
        _app = app;
        _fault = fault;
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = server };
        Address = new Uri($"http://127.0.0.1:{Ports.Free()}");
    }

    public Uri Address { get; }

    /// <summary>Starts one; the server must trust 127.0.0.1 as a proxy.</summary>
    public static async Task<SpoilingProxy> StartAsync(Uri server, Fault fault)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var proxy = new SpoilingProxy(builder.Build(), server, fault);
        proxy._app.Urls.Add(proxy.Address.ToString());
        proxy._app.Run(proxy.ForwardAsync);
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        using var request = await RequestAsync(context);
        _fault.Request?.Invoke(path, request);
        using var response = await _http.SendAsync(request, context.RequestAborted);
        var answer = new SpoiltAnswer
        {
            Request = request,
            Path = path,
            Status = (int)response.StatusCode,
            Headers = [.. Lines(response.Headers), .. Lines(response.Content.Headers)],
            Body = await response.Content.ReadAsStringAsync(context.RequestAborted),
        };
        _fault.Answer?.Invoke(answer);

        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers.Where(h => !NotForwarded.Contains(h.Name, StringComparer.OrdinalIgnoreCase)))
            context.Response.Headers.Append(name, value);
        if (answer.Body.Length > 0)
            await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpContext context)
    {
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(context.Request.GetEncodedPathAndQuery(), UriKind.Relative));
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (body.Length > 0)
            request.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, values) in context.Request.Headers.Where(h => !NotForwarded.Contains(h.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, [.. values]))
                request.Content?.Headers.TryAddWithoutValidation(name, [.. values]);
        }

        // A client's own word about its address is replaced, as a proxy at the edge has to.
        request.Options.Set(Fault.ClaimedAddress, context.Request.Headers["X-Forwarded-For"].ToString());
        request.Headers.Remove("X-Forwarded-For");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", _client);
        return request;
    }

    private static IEnumerable<(string Name, string Value)> Lines(HttpHeaders headers) =>
        headers.NonValidated.SelectMany(h => h.Value.Select(value => (h.Key, value)));
}

/// <summary>What a <see cref="SpoilingProxy"/> does wrong.</summary>
/// <param name="Request">Spoils what goes to the server; gets the path that the client asked for.</param>
/// <param name="Answer">Spoils what comes back.</param>
internal sealed record Fault(Action<string, HttpRequestMessage>? Request = null, Action<SpoiltAnswer>? Answer = null)
{
    /// <summary>The X-Forwarded-For that the client itself sent; empty without one.</summary>
    public static readonly HttpRequestOptionsKey<string> ClaimedAddress = new("claimed-address");

    /// <summary>Nothing wrong.</summary>
    public static readonly Fault None = new();
}

/// <summary>An answer on its way back, which a <see cref="Fault"/> may change.</summary>
internal sealed class SpoiltAnswer
{
    /// <summary>The request as the server got it.</summary>
    public required HttpRequestMessage Request { get; init; }

    /// <summary>What the client asked for.</summary>
    public required string Path { get; init; }

    public required int Status { get; set; }

    public required List<(string Name, string Value)> Headers { get; init; }

    public required string Body { get; set; }

    /// <summary>The page's origin, as the request named it; null without one.</summary>
    public string? Origin => Request.Headers.NonValidated.TryGetValues("Origin", out var values) ? values.ToString() : null;

    public string? this[string name] => Headers.Find(h => Is(h, name)).Value;

    public void Drop(string name) => Headers.RemoveAll(h => Is(h, name));

    public void Set(string name, string value)
    {
        Drop(name);
        Headers.Add((name, value));
    }

    /// <summary>Changes each value of a header that comes several times, as cookies do.</summary>
    public void Change(string name, Func<string, string> change)
    {
        for (var i = 0; i < Headers.Count; i++)
        {
            if (Is(Headers[i], name))
                Headers[i] = (Headers[i].Name, change(Headers[i].Value));
        }
    }

    private static bool Is((string Name, string Value) header, string name) => string.Equals(header.Name, name, StringComparison.OrdinalIgnoreCase);
}
