using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Domain.Sessions;
using MusicGen.Infrastructure.Redis;
using MusicGen.Infrastructure.Sessions;

namespace MusicGen.Integration.Sessions;

public sealed class SessionRegistrationTests
{
    [Fact]
    public void Without_settings_the_documented_numbers_hold()
    {
        using var services = Services([]);

        var limits = services.GetRequiredService<IOptions<RateLimitOptions>>().Value;

        Assert.Equal(new RateLimits(30, 500, 5_000, 5), limits.Free);
        Assert.Equal(new RateLimits(60, 2_000, 20_000, 10), limits.Premium);
        Assert.Equal(new RateLimits(300, 10_000, 100_000, 50), limits.Enterprise);
        Assert.Equal(new RateLimits(1_000, 50_000, 1_000_000, 100), limits.Admin);
        Assert.Equal(limits.Admin, limits.Internal);
        Assert.Equal(
            new SessionPolicy(TimeSpan.FromDays(7), TimeSpan.FromDays(30), TimeSpan.FromDays(30), TimeSpan.FromDays(90)),
            services.GetRequiredService<SessionPolicy>());
    }

    [Fact]
    public void One_number_can_be_set_and_the_others_stay()
    {
        using var services = Services(new() { ["RateLimits:Free:Minute"] = "60", ["Sessions:Idle"] = "1.00:00:00" });

        Assert.Equal(new RateLimits(60, 500, 5_000, 5), services.GetRequiredService<IOptions<RateLimitOptions>>().Value.Free);
        Assert.Equal(TimeSpan.FromDays(1), services.GetRequiredService<SessionPolicy>().Idle);
    }

    [Theory]
    [InlineData("RateLimits:Free:Minute", "0", "Minute")]
    [InlineData("RateLimits:Premium:Burst", "61", "burst")]
    [InlineData("RateLimits:Enterprise:Hour", "200", "minute can't allow more than an hour")]
    [InlineData("RateLimits:Admin:Day", "49999", "hour can't allow more than a day")]
    [InlineData("RateLimits:RegisterMinute", "-1", "RegisterMinute")]
    public void Numbers_that_make_no_sense_are_refused_by_name(string key, string value, string reason)
    {
        using var services = Services(new() { [key] = value });

        var refusal = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<RateLimitOptions>>().Value);

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sessions:Idle", "31.00:00:00", "idle for longer")]
    [InlineData("Sessions:RememberedIdle", "91.00:00:00", "idle for longer")]
    [InlineData("Sessions:Absolute", "00:00:01", "Absolute")]
    public void Lives_that_make_no_sense_are_refused_by_name(string key, string value, string reason)
    {
        using var services = Services(new() { [key] = value });

        var refusal = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<SessionPolicy>());

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_is_none_stops_the_start_without_showing_the_password()
    {
        using var services = Services(new() { ["Redis:ConnectionString"] = "redis://user:secret@cache/one" });

        var refusal = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<RedisOptions>>().Value);

        Assert.Contains("neither redis[s]://", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        services.AddRedisConnection();
        services.AddSessionStore();
        return services.BuildServiceProvider();
    }
}
