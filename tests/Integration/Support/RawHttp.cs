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
        var sent = headers.Select(h => $"{h.Name}: {h.Value}\r\n");
        var request = $"{method} {path} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: close\r\n{string.Concat(sent)}\r\n{body}";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, TestContext.Current.CancellationToken);
        var bytes = received.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        var head = Encoding.UTF8.GetString(bytes, 0, end).Split("\r\n");
        var lines = head[1..].Select(l => l.Split(": ", 2)).Select(l => (Name: l[0], Value: l[1])).ToList();
        var content = bytes[(end + 4)..];
        return new RawAnswer(
            int.Parse(head[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture),
            lines,
            Encoding.UTF8.GetString(lines.Contains(("Transfer-Encoding", "chunked")) ? Joined(content) : content));
    }

    // Each chunk: its length in hex, a line's end, the bytes, a line's end; the last has none.
    private static byte[] Joined(ReadOnlySpan<byte> chunks)
    {
        using var joined = new MemoryStream();
        while (chunks.IndexOf("\r\n"u8) is var at and > 0)
        {
            var length = Convert.ToInt32(Encoding.ASCII.GetString(chunks[..at]), 16);
            joined.Write(chunks.Slice(at + 2, length));
            chunks = chunks[Math.Min(chunks.Length, at + 2 + length + 2)..];
        }

        return joined.ToArray();
    }
}

/// <param name="Status">As in 200.</param>
/// <param name="Headers">Line by line.</param>
/// <param name="Body">In UTF-8.</param>
public sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public IReadOnlyList<string> All(string name) =>
        [.. Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    public string? Header(string name) => All(name) is { Count: > 0 } values ? string.Join(", ", values) : null;
}
