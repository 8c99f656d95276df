using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace MusicGen.Programs;

/// <summary>Ports of loopback for servers that tests and programs start.</summary>
internal static class Ports
{
    // Below those that the kernel gives to connections that go out (32768 and up): one of the many that tests open would else
    // have the port before its server has.
    private const int First = 10_000;
    private const int End = 32_000;

    /// <summary>One that nobody listens at now.</summary>
    public static int Free()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, RandomNumberGenerator.GetInt32(First, End));
            try
            {
                probe.Start();
                return ((IPEndPoint)probe.LocalEndpoint).Port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // There are others.
            }
        }
    }
}
