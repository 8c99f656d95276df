using System.Globalization;

namespace MusicGen.Programs.Chaos;

/// <summary>
/// A network of this machine's own: each part of the service in a network namespace, joined to one bridge by a pair of virtual
/// Ethernet devices. Nothing of it leads outside. All names begin with the program's process id, so that what a killed run
/// left behind is known for it.
/// </summary>
internal sealed class Lab : IAsyncDisposable
{
    private const string Mark = "mgc";

    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"{Mark}{Environment.ProcessId}-");
    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"10.213.{(Environment.ProcessId % 254) + 1}.");
    private int _parts;

    private Lab() => Folder = Path.Combine(Path.GetTempPath(), $"{_prefix}lab");

    /// <summary>Logs and data of all parts; goes with the lab.</summary>
    public string Folder { get; }

    /// <summary>Where this program is, for the parts.</summary>
    public string OwnAddress => _network + "1";

    private string Bridge => _prefix + "br";

    /// <exception cref="InvalidOperationException">Namespaces can't be made here.</exception>
    public static async Task<Lab> OpenAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new InvalidOperationException("Network namespaces need root: run it with sudo.");
        if (!File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") && !File.Exists("/usr/bin/ip"))
            throw new InvalidOperationException("There is no ip here: apt-get install iproute2.");
        await ClearUpAsync(ofThis: false);
        var lab = new Lab();
        try
        {
            Directory.CreateDirectory(lab.Folder);
            await IpAsync("link", "add", lab.Bridge, "type", "bridge");
            await IpAsync("addr", "add", $"{lab.OwnAddress}/24", "dev", lab.Bridge);
            await IpAsync("link", "set", lab.Bridge, "up");
            await IpAsync("netns", "add", lab._prefix + "try");
            await IpAsync("netns", "del", lab._prefix + "try");
            return lab;
        }
        catch (InvalidOperationException e)
        {
            await lab.DisposeAsync();
            throw new InvalidOperationException($"Network namespaces can't be made here (a container needs CAP_NET_ADMIN and CAP_SYS_ADMIN): {e.Message}", e);
        }
    }

    /// <summary>A namespace with an address of its own.</summary>
    /// <param name="name">Four letters at most: names of devices are short.</param>
    public async Task<Place> AddAsync(string name)
    {
        var (own, address) = (_prefix + name, string.Create(CultureInfo.InvariantCulture, $"{_network}{10 + _parts++}"));
        await IpAsync("netns", "add", own);
        await IpAsync("link", "add", own, "type", "veth", "peer", "name", Place.Device, "netns", own);
        await IpAsync("link", "set", own, "master", Bridge, "up");
        await IpAsync("-n", own, "addr", "add", $"{address}/24", "dev", Place.Device);
        await IpAsync("-n", own, "link", "set", Place.Device, "up");
        await IpAsync("-n", own, "link", "set", "lo", "up");
        return new Place(own, address, Path.Combine(Folder, name));
    }

    /// <summary>Copies what tells afterwards what happened: logs, the database, Redis's own record of every write.</summary>
    public async Task KeepAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var part in Directory.GetFileSystemEntries(Folder).Where(p => p.EndsWith(".log", StringComparison.Ordinal) || Path.GetFileName(p) is "shared" or "red"))
            await Tool.RunAsync("cp", "-r", part, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await ClearUpAsync(ofThis: true);
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    // The processes in a namespace of ours are ours; nobody else enters one.
    private static async Task ClearUpAsync(bool ofThis)
    {
        foreach (var name in Words(await IpAsync("netns", "list"), line => line.Split(' ')[0]).Where(n => IsDoomed(n, ofThis)))
        {
            foreach (var id in Words(await IpAsync("netns", "pids", name), line => line))
                await Tool.TryAsync("kill", "-KILL", id);
            await Tool.TryAsync("ip", "netns", "del", name);
        }

        foreach (var name in Words(await IpAsync("-o", "link"), line => line.Split(": ")[1].Split('@')[0]).Where(n => IsDoomed(n, ofThis)))
            await Tool.TryAsync("ip", "link", "del", name); // some went with their other end
        Disk.ClearUp(name => IsDoomed(name, ofThis));
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), Mark + "*").Where(f => !ofThis && IsDoomed(Path.GetFileName(f), ofThis)))
            Directory.Delete(folder, recursive: true);
    }

    private static bool IsDoomed(string name, bool ofThis) =>
        name.StartsWith(Mark, StringComparison.Ordinal)
        && int.TryParse(name[Mark.Length..].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var owner)
        && (owner == Environment.ProcessId ? ofThis : !ofThis && !Directory.Exists($"/proc/{owner}"));

    private static Task<string> IpAsync(params string[] arguments) => Tool.RunAsync("ip", arguments);

    private static List<string> Words(string lines, Func<string, string> word) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(word)];
}
