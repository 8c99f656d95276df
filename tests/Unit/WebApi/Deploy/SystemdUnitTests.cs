using System.Globalization;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The unit has the folders of the document, and the time that a stop takes.</summary>
public sealed class SystemdUnitTests
{
    private static readonly Dictionary<string, string> Unit = DeployFiles.Text("deploy/systemd/musicgen.service").Split('\n')
        .Where(l => l.Contains('=', StringComparison.Ordinal)).Select(l => l.Split('=', 2)).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);

    [Fact]
    public void Its_paths_and_its_user_are_those_of_the_document()
    {
        var document = DeployFiles.Text("docs/deployment.md");
        var folders = document.Split("## Folders")[1].Split("\n## ")[0];

        Assert.Equal("/opt/musicgen/current/MusicGen.WebApi", Unit["ExecStart"]);
        Assert.Contains("`/opt/musicgen/current`", folders, StringComparison.Ordinal);
        Assert.Equal("MUSICGEN_ENV_FILE=/etc/musicgen/musicgen.env", Unit["Environment"]);
        Assert.Contains("`/etc/musicgen/musicgen.env`", folders, StringComparison.Ordinal);
        Assert.Equal(("/var/lib/musicgen", "musicgen"), (Unit["WorkingDirectory"], Unit["StateDirectory"]));
        Assert.Contains("\nMUSICGEN_DATA=/var/lib/musicgen\n", document, StringComparison.Ordinal);
        Assert.Contains($"useradd --system --home-dir {Unit["WorkingDirectory"]} --shell /usr/sbin/nologin {Unit["User"]}\n", folders, StringComparison.Ordinal);
        Assert.Equal(Unit["User"], Unit["Group"]);
        Assert.Contains("install -m 0644 deploy/systemd/musicgen.service /etc/systemd/system/\n", document, StringComparison.Ordinal);
    }

    [Fact]
    public void It_waits_longer_than_the_program_does() =>
        Assert.True(int.Parse(Unit["TimeoutStopSec"], CultureInfo.InvariantCulture) > DeployFiles.ShutdownGrace);

    [Fact]
    public void It_writes_to_its_folder_alone_without_rights()
    {
        Assert.Equal("strict", Unit["ProtectSystem"]);
        Assert.Equal("0077", Unit["UMask"]);
        Assert.Equal("true", Unit["NoNewPrivileges"]);
        Assert.Equal(string.Empty, Unit["CapabilityBoundingSet"]);
        Assert.DoesNotContain("ReadWritePaths", Unit.Keys);
    }
}
