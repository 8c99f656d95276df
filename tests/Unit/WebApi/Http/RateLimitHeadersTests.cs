using Microsoft.AspNetCore.Http;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;

namespace MusicGen.Unit.WebApi.Http;

public class RateLimitHeadersTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Both_families_say_the_same()
    {
        var headers = new HeaderDictionary();

        RateLimitHeaders.Write(headers, new GateDecision(GateOutcome.Allowed, "free", Role.User, Tier.Free,
        [
            new RateWindow("burst", TimeSpan.FromSeconds(1), 5, 4, Now.AddMilliseconds(300)),
            new RateWindow("minute", TimeSpan.FromMinutes(1), 30, 29, Now.AddSeconds(40.2)),
            new RateWindow("hour", TimeSpan.FromHours(1), 500, 499, Now.AddHours(1)),
            new RateWindow("day", TimeSpan.FromDays(1), 5000, 4999, Now.AddDays(1)),
        ], TimeSpan.Zero), Now);

        Assert.Equal("\"burst\";q=5;w=1, \"minute\";q=30;w=60, \"hour\";q=500;w=3600, \"day\";q=5000;w=86400", headers["RateLimit-Policy"]);
        Assert.Equal("\"burst\";r=4;t=1, \"minute\";r=29;t=41, \"hour\";r=499;t=3600, \"day\";r=4999;t=86400", headers["RateLimit"]);
        Assert.Equal("free", headers["X-RateLimit-Tier"]);
        Assert.Equal("30", headers["X-RateLimit-Minute-Limit"]);
        Assert.Equal("29", headers["X-RateLimit-Minute-Remaining"]);
        Assert.Equal("1800000041", headers["X-RateLimit-Minute-Reset"]);
        Assert.Equal("1800003600", headers["X-RateLimit-Hour-Reset"]);
        Assert.Equal("4999", headers["X-RateLimit-Day-Remaining"]);
        Assert.DoesNotContain(headers.Keys, k => k.Contains("Burst", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.001, 1)]
    [InlineData(1, 1)]
    [InlineData(1.001, 2)]
    [InlineData(59.5, 60)]
    public void Retry_after_is_whole_seconds_and_never_too_early(double seconds, long expected)
    {
        Assert.Equal(expected, Problems.WholeSeconds(TimeSpan.FromSeconds(seconds)));
    }

    [Theory]
    [InlineData("abc-DEF_123", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a\nb", false)]
    [InlineData("ä", false)]
    public void Only_harmless_request_ids_are_taken_over(string id, bool sane)
    {
        Assert.Equal(sane, RequestIds.IsSane(id));
        Assert.False(RequestIds.IsSane(new string('a', 65)));
    }
}
