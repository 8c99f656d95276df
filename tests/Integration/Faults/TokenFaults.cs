using System.Net;
using System.Text.RegularExpressions;
using MusicGen.Integration.Edge;
using MusicGen.Integration.Identity;
using MusicGen.Integration.Support;
using MusicGen.Tests.Support;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Integration.Faults;

/// <summary>Faults of the original service that its tokens and its configuration had, each by its number in the list of them.</summary>
public sealed partial class TokenFaults(EdgeApp edge)
{
    // The example file named variables that the code never read, and ended with debris of a shell.
    [Fact]
    public void Fault_23_the_example_file_names_what_the_code_reads_and_nothing_else()
    {
        var example = File.ReadAllLines(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), ".env.example"));

        var names = example.Select(l => Name().Match(l)).Where(m => m.Success).Select(m => m.Groups["name"].Value).ToList();
        Assert.Equal(EnvironmentVariables.ByName.Keys.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
        Assert.All(example, line => Assert.True(line.Length == 0 || line[0] == '#' || Name().IsMatch(line), line));
    }

    // A refresh token of seven days was taken as an access token.
    [Fact]
    public async Task Fault_6_neither_a_refresh_token_nor_one_of_the_originals_opens_anything_as_Bearer()
    {
        using var owner = await edge.RegisterAsync();
        var original = new LegacyTokenMaker(LegacyTokenMaker.Secret, DateTimeOffset.UtcNow);
        var live = original.Access(owner.Email);
        live["exp"] = LegacyTokenMaker.Seconds(DateTimeOffset.UtcNow.AddHours(1));

        foreach (var token in new[] { owner.Cookie("refresh_token")!, original.Sign(original.Refresh()), original.Sign(live) })
        {
            using var script = edge.NewBrowser();
            using var answer = await PersonalTokenTests.UseAsync(script, token, HttpMethod.Get, "/api/v1/quota");
            await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.token_invalid");
        }
    }

    // Tiers never applied: everybody was free by address.
    [Fact]
    public async Task Fault_20_a_script_counts_by_its_owner_and_not_by_its_address()
    {
        using var owner = await edge.RegisterAsync();
        await PersonalTokenTests.StepUpAsync(owner);
        var token = await PersonalTokenTests.TokenAsync(owner, "read");
        using var here = edge.NewBrowser();
        using var there = edge.NewBrowser();

        using var first = await PersonalTokenTests.UseAsync(here, token, HttpMethod.Get, "/api/v1/quota");
        using var second = await PersonalTokenTests.UseAsync(there, token, HttpMethod.Get, "/api/v1/quota");

        Assert.Equal(Remaining(first) - 1, Remaining(second));
    }

    private static int Remaining(HttpResponseMessage answer) =>
        int.Parse(answer.Header("X-RateLimit-Day-Remaining")!, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("^#?(?<name>[A-Z][A-Z0-9_]+)=", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
