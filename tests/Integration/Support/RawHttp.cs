using System.Net.Sockets;
using System.Text;

namespace MusicGen.Integration.Support;

/// <summary>A request as it is written, for what no client library would send: two headers of one name, letters beyond ASCII.</summary>
public static class RawHttp
{
    /// <param name="server">Where it listens, plain http.</param>
    /// <param name="method">As in <c>GET</c>.</param>
    /// <param name="path">With its query.</param>
    /// <param name="headers">Line by line, in UTF-8; Host and Connection are added.</param>
    public static Task<RawAnswer> SendAsync(Uri server, string method, string path, params (string Name, string Value)[] headers) =>
        SendAsync(server, method, path, body: null, headers);

    /// <param name="server">Where it listens, plain http.</param>
    /// <param name="method">As in <c>POST</c>.</param>
    /// <param name="path">With its query.</param>
    /// <param name="body">JSON, or what claims to be; null for none.</param>
    /// <param name="headers">Line by line, in UTF-8; Host, Connection and the body's are added.</param>
    public static async Task<RawAnswer> SendAsync(Uri server, string method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        if (body is not null)
            headers = [.. headers, ("Content-Type", "application/json"), ("Content-Length", $"{Encoding.UTF8.GetByteCount(body)}")];
        var lines = headers.Select(h => $"{h.Name}: {h.Value}\r\n");
        var request = $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: close\r\n{string.Concat(lines)}\r\n{body}";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = text[..end].Split("\r\n");
        return new RawAnswer(
            int.Parse(head[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture),
            [.. head[1..].Select(l => l.Split(": ", 2)).Select(l => (l[0], l[1]))],
            JsonIn(text[(end + 4)..]));
    }

    // A body in chunks has their lengths around it.
    private static string JsonIn(string body) =>
        body.IndexOf('{', StringComparison.Ordinal) is var start and >= 0 && body.LastIndexOf('}') is var end && end > start ? body[start..(end + 1)] : body;
}

/// <param name="Status">As in 200.</param>
/// <param name="Headers">Line by line.</param>
/// <param name="Body">The JSON in it, or all of it where there is none.</param>
public sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public IReadOnlyList<string> All(string name) =>
        [.. Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    public string? Header(string name) => All(name) is { Count: > 0 } values ? string.Join(", ", values) : null;
}
