using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Sessions;
using MusicGen.Infrastructure.Sessions;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

public class LocalLimitsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_read_without_the_store_has_a_tenth_and_is_told_exactly_when_the_next_one_passes()
    {
        var limits = new LocalLimits(Options.Create(new RateLimitOptions()), _time);

        var accepted = 0;
        for (var i = 0; i < 120; i++)
        {
            accepted += limits.Count("192.0.2.1").Outcome == GateOutcome.Allowed ? 1 : 0;
            _time.Advance(TimeSpan.FromMilliseconds(300));
        }

        var refused = limits.Count("192.0.2.1");
        Assert.Equal(30, accepted);
        Assert.Equal(GateOutcome.Limited, refused.Outcome);

        _time.Advance(refused.RetryAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(GateOutcome.Limited, limits.Count("192.0.2.1").Outcome);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(GateOutcome.Allowed, limits.Count("192.0.2.1").Outcome);
    }

    [Fact]
    public void One_address_takes_nothing_from_another()
    {
        var limits = new LocalLimits(Options.Create(new RateLimitOptions()), _time);

        for (var i = 0; i < 20; i++)
            limits.Count("192.0.2.1");

        Assert.Equal(GateOutcome.Allowed, limits.Count("192.0.2.2").Outcome);
    }
}
