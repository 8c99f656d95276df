namespace MusicGen.Programs.Chaos;

/// <summary>A namespace, the one link that leads to it, and the disk's share of what runs in it.</summary>
/// <param name="Name">Of the namespace, of the link's end at the bridge, and of the group for the disk.</param>
/// <param name="Address">On the bridge.</param>
/// <param name="Folder">Its files.</param>
internal sealed record Place(string Name, string Address, string Folder)
{
    /// <summary>The link's end inside.</summary>
    public const string Device = "eth0";

    private static readonly string[] Nothing = ["tbf", "rate", "8bit", "burst", "1", "limit", "1"]; // no packet fits into the bucket

    public Task CutAsync() => Tool.RunAsync("ip", "link", "set", Name, "down");

    public Task JoinAsync() => Tool.RunAsync("ip", "link", "set", Name, "up");

    /// <summary>What is sent there is lost; what it sends arrives.</summary>
    public Task DeafenAsync() => Tool.RunAsync("tc", ["qdisc", "add", "dev", Name, "root", .. Nothing]);

    public Task HearAsync() => Tool.RunAsync("tc", "qdisc", "del", "dev", Name, "root");

    /// <summary>What it sends is lost; what is sent there arrives.</summary>
    public Task MuteAsync() => Tool.RunAsync("tc", ["-n", Name, "qdisc", "add", "dev", Device, "root", .. Nothing]);

    public Task SpeakAsync() => Tool.RunAsync("tc", "-n", Name, "qdisc", "del", "dev", Device, "root");

    /// <summary>One megabit a second in each direction.</summary>
    public async Task NarrowAsync()
    {
        string[] slow = ["tbf", "rate", "1mbit", "burst", "4k", "latency", "400ms"];
        await Tool.RunAsync("tc", ["qdisc", "add", "dev", Name, "root", .. slow]);
        await Tool.RunAsync("tc", ["-n", Name, "qdisc", "add", "dev", Device, "root", .. slow]);
    }

    public async Task WidenAsync()
    {
        await HearAsync();
        await SpeakAsync();
    }
}
