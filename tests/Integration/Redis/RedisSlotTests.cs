using MusicGen.Integration.Support;

namespace MusicGen.Integration.Redis;

/// <summary>What a call to Redis takes lies on one slot of a cluster, for every call of the product.</summary>
public sealed class RedisSlotTests(RedisServers servers)
{
    [Theory, MemberData(nameof(RedisServers.Kinds), MemberType = typeof(RedisServers))]
    public async Task The_keys_of_every_call_are_on_one_slot_and_no_script_is_left_out(RedisKind kind)
    {
        await using var calls = new EveryRedisCall(await servers.ConnectionStringAsync(kind));

        await calls.WalkAsync(TestContext.Current.CancellationToken);

        calls.MustBeWhole();
    }

    // The specification's own examples, and the check value of CRC16/XMODEM.
    [Theory]
    [InlineData("123456789", 0x31C3)]
    [InlineData("{123456789}:a", 0x31C3)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("foo{{bar}}zap", 4015)]
    public void Slots_are_counted_as_the_specification_says(string key, int slot) => Assert.Equal(slot, ClusterSlot.Of(key));
}
