using MusicGen.Domain.Sessions;

namespace MusicGen.Unit.Domain.Sessions;

public class SessionPolicyTests
{
    [Theory]
    [InlineData(7, 30)]
    [InlineData(90, 90)]
    public void A_cut_off_is_known_for_as_long_as_any_token_that_it_must_refuse_lives(int longestSessionDays, int days)
    {
        var policy = new SessionPolicy(TimeSpan.FromHours(1), TimeSpan.FromHours(12), TimeSpan.FromDays(3), TimeSpan.FromDays(longestSessionDays));

        Assert.Equal(TimeSpan.FromDays(days), policy.CutOffsAreKept);
    }
}
