using System.Net;
using System.Runtime.Versioning;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Identity;
using MusicGen.Integration.Support;
using MusicGen.WebApi.Hosting;

namespace MusicGen.Integration.Identity;

/// <summary>An operator's own list of breached passwords: built, asked and served with by the program as people call it.</summary>
[Collection(nameof(Alone))]
[UnsupportedOSPlatform("windows")]
public sealed class BreachedPasswordsFileTests : IDisposable
{
    private const string Listed = "Four words make one phrase";
    private const string Unlisted = "Five words make another one";

    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-passwords-").FullName;

    private string FilterFile => Path.Combine(_folder, "own.bloom");

    [Fact]
    public async Task A_password_of_the_operators_list_is_refused_at_registration_and_another_is_taken()
    {
        Build();
        await using var app = await MusicGenApp.StartAsync(("BREACHED_PASSWORDS_FILE", FilterFile));

        using var refused = await app.NewBrowser().RegisterAsync(password: Listed.ToUpperInvariant());
        await refused.MustBeProblemAsync(HttpStatusCode.BadRequest, "request.invalid");
        var fields = (await refused.JsonAsync())["errors"]!.AsObject();
        Assert.Equal("This password is on lists that attackers try first. Choose another one.", fields["password"]![0]!.GetValue<string>());
        Assert.Single(fields);

        using var taken = await app.NewBrowser().RegisterAsync(password: Unlisted);
        await taken.MustBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_damaged_or_missing_file_refuses_the_start_in_one_line()
    {
        Build();
        var bytes = await File.ReadAllBytesAsync(FilterFile, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(FilterFile, bytes[..^1], TestContext.Current.CancellationToken);

        Assert.Equal($"BREACHED_PASSWORDS_FILE: File {FilterFile} can't be used: It has {bytes.Length - 1} bytes instead of {bytes.Length}: it was cut short or added to.", await RefusalAsync());
        File.Delete(FilterFile);
        Assert.StartsWith($"BREACHED_PASSWORDS_FILE: File {FilterFile} can't be used: Could not find file", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_builds_a_filter_with_nothing_set_and_leaves_nothing_else()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "list.txt"), $"{Listed}\nsome other line\n", TestContext.Current.CancellationToken);

        var run = await RunAsync(input: null, "passwords", "build", "list.txt", "--out", "own.bloom");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal($"{FilterFile}: 3 entries, 131136 bytes", run.Output.Trim());
        Assert.Equal("Building: 100 %", run.Error.Trim().Split('\n')[^1]);
        Assert.Equal(["list.txt", "own.bloom"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        var refused = await RunAsync(Listed, "passwords", "check");
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("Refused: This password is on lists that attackers try first. Choose another one.", refused.Output.Trim());
        Assert.Empty(refused.Error);
    }

    [Theory]
    [InlineData(Unlisted, 0, "Taken.")]
    [InlineData("too short", 1, "Refused: Use at least 15 characters; a sentence is fine.")]
    [InlineData("PasswordPassword1!", 1, "Refused: This password is on lists that attackers try first. Choose another one.")]
    [InlineData("ann@example.org 1", 1, "Refused: It says little beyond your name, your e-mail address or this service's name.")]
    public async Task Asking_gives_the_answer_of_registration(string password, int exitCode, string says)
    {
        Build();

        var run = await RunAsync($"{password}\n", "passwords", "check", "--email", "ann@example.org");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(says, run.Output.Trim());
    }

    [Theory]
    [InlineData(1, "list.txt can't be used: It holds no password.", "build", "list.txt", "--out", "new.bloom")]
    [InlineData(1, "Could not find file", "build", "no-such-list", "--out", "new.bloom")]
    [InlineData(1, "its folder doesn't exist", "build", "list.txt", "--out", "no/such/new.bloom")]
    [InlineData(2, "--out", "build", "list.txt")]
    [InlineData(2, "There is no password on standard input.", "check")]
    [InlineData(1, "BREACHED_PASSWORDS_FILE: File ", "check")]
    public async Task What_can_not_be_done_is_said_in_one_line(int exitCode, string says, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "list.txt"), string.Empty, TestContext.Current.CancellationToken);
        if (exitCode == 2)
            Build();

        var run = await RunAsync(exitCode == 2 ? null : "a password\n", ["passwords", .. arguments]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "new.bloom")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Build()
    {
        var list = Path.Combine(_folder, "source.txt");
        File.WriteAllText(list, Listed);
        PasswordFilterBuilder.Build(list, FilterFile, new Progress<StepsDone>(), TestContext.Current.CancellationToken);
    }

    private async Task<string> RefusalAsync()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => MusicGenApp.StartAsync(("BREACHED_PASSWORDS_FILE", FilterFile)));
        return Assert.Single(StartFailure.Describe(refused) ?? []);
    }

    private Task<ProgramRun> RunAsync(string? input, params string[] arguments) => ServerProcess.RunAsync(
        arguments,
        arguments.Contains("check") ? new Dictionary<string, string>(StringComparer.Ordinal) { ["BREACHED_PASSWORDS_FILE"] = FilterFile } : [],
        input,
        _folder);
}
