using System.Diagnostics;
using System.Net.Sockets;

namespace MusicGen.Programs;

/// <summary>
/// Sends one request over each of several open connections, again and again. One thread and two system calls a request:
/// the client shares the cores with what it measures, so it must cost next to nothing beside it.
/// </summary>
internal sealed class KeepAliveLoad : IDisposable
{
    private readonly (Socket Socket, byte[] Request)[] _connections;
    private readonly byte[] _expected;
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <param name="server">On loopback.</param>
    /// <param name="requests">What each connection sends, headers included; no body.</param>
    /// <param name="expected">What every body begins with: an answer of another kind ends the run.</param>
    public KeepAliveLoad(Uri server, IEnumerable<byte[]> requests, byte[] expected)
    {
        _expected = expected;
        _connections = [.. requests.Select(request =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
            socket.Connect(server.Host, server.Port);
            return (socket, request);
        })];
    }

    /// <summary>The bytes of one answer's body, without the framing of its chunks.</summary>
    public byte[] LastBody { get; private set; } = [];

    /// <returns>Answers a second.</returns>
    public double Run(TimeSpan length)
    {
        foreach (var (socket, request) in _connections)
            socket.Send(request);
        var start = Stopwatch.GetTimestamp();
        var answered = 0;
        while (Stopwatch.GetElapsedTime(start) < length)
        {
            foreach (var (socket, request) in _connections)
            {
                Receive(socket);
                answered++;
                socket.Send(request);
            }
        }

        var rate = answered / Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (var (socket, _) in _connections)
            Receive(socket);
        return rate;
    }

    public void Dispose()
    {
        foreach (var (socket, _) in _connections)
            socket.Dispose();
    }

    private void Receive(Socket socket)
    {
        var read = 0;
        while (true)
        {
            var some = socket.Receive(_buffer.AsSpan(read));
            if (some == 0)
                throw new InvalidOperationException("The server closed a connection.");
            read += some;
            var answer = _buffer.AsSpan(0, read);
            var end = answer.IndexOf("\r\n\r\n"u8);
            if (end < 0 || BodyOf(answer[..end], answer[(end + 4)..]) is not { Length: > 0 } body)
                continue;
            if (!answer.StartsWith("HTTP/1.1 200 "u8) || !body.StartsWith(_expected))
                throw new InvalidOperationException($"An answer that doesn't count: {System.Text.Encoding.UTF8.GetString(answer)}");
            if (LastBody.Length == 0)
                LastBody = body.ToArray();
            return;
        }
    }

    // Small bodies come in one chunk, or with their length. Empty: not all of it is here yet.
    private static ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        var at = head.IndexOf("\r\nContent-Length: "u8);
        if (at >= 0)
            return System.Buffers.Text.Utf8Parser.TryParse(head[(at + 18)..], out int length, out _) && rest.Length >= length ? rest[..length] : [];
        if (!rest.EndsWith("\r\n0\r\n\r\n"u8))
            return [];
        return rest[(rest.IndexOf("\r\n"u8) + 2)..^7];
    }
}
