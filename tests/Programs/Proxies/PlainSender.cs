using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace MusicGen.Programs.Proxies;

/// <summary>Sends a request byte by byte as it is given, from an address of choice: no client library tidies it up.</summary>
internal static class PlainSender
{
    /// <returns>The status and the headers of the answer; null when the connection was closed without one.</returns>
    public static async Task<PlainAnswer?> GetAsync(IPAddress from, int port, string host, string path, IReadOnlyList<HeaderLine> lines)
    {
        using var socket = new Socket(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(from.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, port);
        await using var network = new NetworkStream(socket);
#pragma warning disable CA5359 // the run made the certificate a moment ago; who answers isn't its question
        await using var tls = new SslStream(network, false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(host);

        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"));
        foreach (var line in lines)
            text.Append(line.Name).Append(": ").Append(line.Value).Append("\r\n");
        await tls.WriteAsync(Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));

        using var reader = new StreamReader(tls, Encoding.Latin1);
        var answer = new List<string>();
        try
        {
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
                answer.Add(line);
        }
        catch (IOException) when (answer.Count > 0)
        {
            // A proxy that refuses doesn't always wait for the end of what it refuses.
        }

        return answer.Count == 0 ? null : new PlainAnswer(
            int.Parse(answer[0].Split(' ')[1], CultureInfo.InvariantCulture),
            answer.Skip(1).Select(l => l.Split(':', 2)).GroupBy(p => p[0], StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.First()[1].Trim(), StringComparer.OrdinalIgnoreCase));
    }
}

/// <param name="Status">Of HTTP.</param>
/// <param name="Headers">By name; of several with one name the first.</param>
internal sealed record PlainAnswer(int Status, Dictionary<string, string> Headers);
