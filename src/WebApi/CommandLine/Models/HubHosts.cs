namespace MusicGen.WebApi.CommandLine.Models;

/// <summary>
/// Where a hub may send a download: big files lie on its content network, so redirects are part of its protocol. Without
/// a list a hub, or who stands in for it, could make this machine call any address of its own network.
/// </summary>
internal sealed class HubHosts
{
    /// <summary>The public hub's own: itself and whatever is below these two.</summary>
    public const string Default = "huggingface.co,hf.co";

    private readonly string[] _hosts;

    /// <param name="hosts">Comma-separated; each stands for itself and what is below it.</param>
    public HubHosts(string? hosts = null) => _hosts = (hosts ?? Default).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>By https at its port alone.</summary>
    public bool Allows(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps && address.IsDefaultPort && address.UserInfo.Length == 0
        && Array.Exists(_hosts, h => address.IdnHost.Equals(h, StringComparison.OrdinalIgnoreCase) || address.IdnHost.EndsWith($".{h}", StringComparison.OrdinalIgnoreCase));
}
