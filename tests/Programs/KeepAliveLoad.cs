using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace MusicGen.Programs;

/// <summary>
/// Sends one request over each of several open connections, again and again. One thread and two system calls a request:
/// the client shares the cores with what it measures, so it must cost next to nothing beside it. It sleeps until several
/// answers are there, for a client that is woken for each one would take a processor from the server each time.
/// </summary>
internal sealed class KeepAliveLoad : ILoad
{
    private const int AnswersAtOnce = 16;

    private readonly (Socket Socket, byte[] Request)[] _connections;
    private readonly byte[] _expected;
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <param name="server">On loopback.</param>
    /// <param name="path">What each connection asks for.</param>
    /// <param name="headers">Of each connection.</param>
    /// <param name="expected">What every body begins with: an answer of another kind ends the run.</param>
    public KeepAliveLoad(Uri server, string path, IEnumerable<(string Name, string Value)[]> headers, byte[] expected)
    {
        _expected = expected;
        _connections = [.. headers.Select(lines =>
        {
            var request = Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{string.Concat(lines.Select(l => $"{l.Name}: {l.Value}\r\n"))}\r\n");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
            socket.Connect(server.Host, server.Port);
            return (socket, request);
        })];
    }

    public byte[] LastBody { get; private set; } = [];

    public double Run(TimeSpan length)
    {
        foreach (var (socket, request) in _connections)
            socket.Send(request);
        var start = Stopwatch.GetTimestamp();
        var answered = 0;
        while (Stopwatch.GetElapsedTime(start) < length)
        {
            foreach (var some in _connections.Chunk(AnswersAtOnce))
            {
                some[^1].Socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead); // the earlier ones are there by then, as a rule
                foreach (var (socket, request) in some)
                {
                    Receive(socket);
                    answered++;
                    socket.Send(request);
                }
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
                throw new InvalidOperationException($"An answer that doesn't count: {Encoding.UTF8.GetString(answer)}");
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
