using System.Globalization;
using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>With the numbers that everybody gets.</summary>
public class RateLimitTests(MusicGenApp app)
{
    [Fact]
    public async Task A_counted_answer_says_where_the_caller_stands_in_both_ways()
    {
        using var browser = app.NewBrowser();

        using var answer = await browser.GetAsync("/api/v1/quota");

        await answer.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
        Assert.Equal("\"burst\";q=5;w=1, \"minute\";q=30;w=60, \"hour\";q=500;w=3600, \"day\";q=5000;w=86400", answer.Header("RateLimit-Policy"));
        Assert.Contains("\"minute\";r=29;t=", answer.Header("RateLimit"), StringComparison.Ordinal);
        Assert.Equal("free", answer.Header("X-RateLimit-Tier"));
        Assert.Equal("30", answer.Header("X-RateLimit-Minute-Limit"));
        Assert.Equal("29", answer.Header("X-RateLimit-Minute-Remaining"));
        var reset = long.Parse(answer.Header("X-RateLimit-Minute-Reset")!, CultureInfo.InvariantCulture);
        Assert.InRange(reset - DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 0, 65);
    }

    [Fact]
    public async Task Reads_count_in_a_bucket_of_ten_times_the_numbers()
    {
        using var browser = app.NewBrowser();

        using var read = await browser.GetAsync("/api/v1/models");

        Assert.Equal("300", read.Header("X-RateLimit-Minute-Limit"));
    }

    // Routing takes a path with a slash at its end too.
    [Fact]
    public async Task A_refresh_counts_for_its_session_and_in_the_second_bucket_however_its_path_ends()
    {
        using var browser = await app.RegisterAsync();
        browser.ForgetCookie("auth_token");
        using var tab = browser.Copy(address: "203.0.113.251");

        using var first = await browser.PostAsync("/api/auth/refresh");
        using var second = await tab.PostAsync("/api/auth/refresh/");

        await second.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal(("300", "299"), (first.Header("X-RateLimit-Minute-Limit"), first.Header("X-RateLimit-Minute-Remaining")));
        Assert.Equal(("300", "298"), (second.Header("X-RateLimit-Minute-Limit"), second.Header("X-RateLimit-Minute-Remaining")));
    }

    [Fact]
    public async Task The_request_that_is_too_many_is_told_when_to_come_back()
    {
        using var browser = app.NewBrowser();
        browser.IsPatient = false;

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => browser.GetAsync("/api/v1/quota")));

        var limited = answers.Where(a => a.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(limited);
        foreach (var answer in limited)
        {
            Assert.Equal("rate_limit.exceeded", await answer.CodeAsync());
            Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 60);
            Assert.NotNull(answer.Header("RateLimit"));
        }

        await Task.Delay(TimeSpan.FromSeconds(1.2), TestContext.Current.CancellationToken);
        using var later = await browser.GetAsync("/api/v1/quota");
        await later.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/nothing")]
    public async Task What_is_no_API_is_not_counted(string path)
    {
        using var browser = app.NewBrowser();

        using var answer = await browser.GetAsync(path);

        Assert.Null(answer.Header("RateLimit"));
    }

    [Fact]
    public async Task Registrations_of_an_address_have_a_stricter_limit()
    {
        using var browser = app.NewBrowser();
        browser.IsPatient = false;
        var refused = 0;
        for (var i = 0; i < 12; i++)
        {
            using var answer = await browser.PostAsync("/api/auth/register", new { email = "nobody", username = "x", password = "y" });
            refused += answer.StatusCode == HttpStatusCode.TooManyRequests ? 1 : 0;
            await Task.Delay(250, TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, refused);
    }
}
