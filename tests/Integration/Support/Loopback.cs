using System.Net;
using System.Net.Sockets;

namespace MusicGen.Integration.Support;

internal static class Loopback
{
    /// <summary>A port of loopback that nobody listens at now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
