using System.Text.RegularExpressions;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The Dockerfile sets what the program reads, and builds by the versions that the repository names.</summary>
public sealed partial class ImageTests
{
    // The container toolkit's and the operating system's.
    private static readonly string[] OfOthers = ["HOME", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"];

    private static readonly string Dockerfile = DeployFiles.Text("deploy/docker/Dockerfile");

    [Fact]
    public void Every_variable_that_it_sets_is_one_and_could_be_set()
    {
        var ours = DeployFiles.ImageVariables.Where(v => !OfOthers.Contains(v.Key)).ToList();

        Assert.Equal(["ASPNETCORE_URLS", "MUSICGEN_DATA"], ours.Select(v => v.Key).Order(StringComparer.Ordinal));
        Assert.All(ours, v => Assert.NotNull(EnvironmentVariables.ByName[v.Key].Read(v.Value)));
    }

    [Fact]
    public void It_builds_with_the_SDK_that_the_repository_names_and_runs_on_the_same_systems_runtime()
    {
        var sdk = Version().Match(DeployFiles.Text("global.json")).Groups["version"].Value;

        Assert.Equal(
            [$"mcr.microsoft.com/dotnet/sdk:{sdk}-noble AS build", $"mcr.microsoft.com/dotnet/aspnet:{sdk}-noble"],
            From().Matches(Dockerfile).Select(m => m.Groups["image"].Value));
    }

    [Fact]
    public void The_server_has_a_user_of_its_own_and_answers_the_health_check_of_its_port()
    {
        Assert.EndsWith(":8000", DeployFiles.ImageVariables["ASPNETCORE_URLS"], StringComparison.Ordinal);
        Assert.Contains("\nEXPOSE 8000\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains(" CMD [\"/opt/musicgen/health\"]\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("\nENTRYPOINT [\"/opt/musicgen/MusicGen.WebApi\"]\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("COPY --chmod=0755 deploy/docker/health /opt/musicgen/health\n", Dockerfile, StringComparison.Ordinal);
    }

    // A folder that the publish reads and the build isn't given ends it; one that it doesn't need makes each build a new one.
    [Fact]
    public void The_build_is_given_what_exists_and_nothing_of_the_operators()
    {
        var given = DeployFiles.Text("deploy/docker/Dockerfile.dockerignore").Split('\n').Where(l => l.StartsWith('!')).Select(l => l[1..]).ToList();

        Assert.All(given, g => Assert.NotEmpty(Directory.GetFileSystemEntries(Path.Combine(DeployFiles.Root, Path.GetDirectoryName(g)!), Path.GetFileName(g))));
        Assert.All(["src", "external", "global.json", "nuget.config"], n => Assert.Contains(n, given));
    }

    [Fact]
    public void Every_command_that_the_document_and_the_workflow_build_it_by_is_the_one_at_its_head()
    {
        var commands = Build().Matches(Dockerfile).Select(m => m.Value).ToList();

        Assert.Equal(2, commands.Count);
        Assert.All(commands, c => Assert.Contains($"\n{c}\n", DeployFiles.Text("docs/deployment.md"), StringComparison.Ordinal));
        Assert.All(commands, c => Assert.Contains($" {c}\n", DeployFiles.Text(".github/workflows/images.yml"), StringComparison.Ordinal));
    }

    [GeneratedRegex(@"""version"": ""(?<version>\d+\.\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();

    [GeneratedRegex(@"^FROM (?<image>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex From();

    [GeneratedRegex(@"docker build -f .+", RegexOptions.None, 1000)]
    private static partial Regex Build();
}
