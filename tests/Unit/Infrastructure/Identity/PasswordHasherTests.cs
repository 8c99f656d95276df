using System.Text;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Unit.Infrastructure.Identity;

public sealed class PasswordHasherTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private const string Password = "correct horse battery staple";

    [Fact]
    public async Task A_hash_names_its_settings_and_only_its_password_matches()
    {
        using var hasher = Hasher();

        var hash = (await hasher.HashAsync(Password, Ct)).Value;

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", hash, StringComparison.Ordinal);
        Assert.Equal(new(true, false), (await hasher.VerifyAsync(hash, Password, Ct)).Value);
        Assert.Equal(new(false, false), (await hasher.VerifyAsync(hash, Password + " ", Ct)).Value);
        Assert.NotEqual(hash, (await hasher.HashAsync(Password, Ct)).Value);
    }

    [Fact]
    public async Task Who_asks_gets_their_thread_back_while_the_hash_is_made()
    {
        using var hasher = Hasher();
        var wentOn = false;
        for (var attempt = 0; attempt < 10 && !wentOn; attempt++) // the thread may be kept from the processor for as long as a hash takes
        {
            var hash = hasher.HashAsync(Password, Ct);
            wentOn = !hash.IsCompleted;
            await hash;
        }

        Assert.True(wentOn);
    }

    // Made by another implementation: OpenSSL, by way of pyca/cryptography.
    [Fact]
    public void A_hash_of_the_reference_implementation_is_understood()
    {
        var derived = Argon2Hash.Derive("password"u8, Encoding.ASCII.GetBytes("somesaltsomesalt"), 19456, 2);

        Assert.Equal(KnownAnswer, Convert.ToHexStringLower(derived));
    }

    private const string KnownAnswer = "2b5dc4054886ec957ef59c73b661c54dd6fb274590b278f657c6d96aac8fa6d1";

    [Fact]
    public async Task Other_settings_ask_for_a_new_hash()
    {
        using var yesterday = Hasher(memory: 32 * 1024);
        using var today = Hasher();

        var old = (await yesterday.HashAsync(Password, Ct)).Value;

        Assert.Equal(new(true, true), (await today.VerifyAsync(old, Password, Ct)).Value);
        Assert.Equal(new(false, false), (await today.VerifyAsync(old, "something else here", Ct)).Value);
    }

    // Passes over memory are what a hash costs: a weaker one is worked on up to today's.
    [Theory]
    [InlineData(19456, 2, 0)]
    [InlineData(65536, 3, 52565)]
    [InlineData(19456, 4, 9728)]
    public async Task A_hash_of_weaker_settings_costs_as_much_as_an_unknown_address(int memory, int iterations, int left)
    {
        using var yesterday = Hasher();
        var today = new Argon2Hash(memory, iterations, new byte[Argon2Hash.SaltLength], new byte[Argon2Hash.HashLength]);

        var old = Argon2Hash.Parse((await yesterday.HashAsync(Password, Ct)).Value)!;

        Assert.Equal(left, old.MemoryLeftTo(today));
        Assert.Equal(0, today.MemoryLeftTo(old));
        old.WorkOnTo(today, "what it works on"u8); // settings that the library takes
    }

    [Theory]
    [InlineData("the first sixty-four characters of this sentence are the same as those, and then")]
    [InlineData("THE FIRST sixty-four characters of this sentence are the same as those, and then it ends")]
    [InlineData(" the first sixty-four characters of this sentence are the same as those, and then it ends")]
    public async Task Every_character_counts_to_the_last(string other)
    {
        using var hasher = Hasher();

        var hash = (await hasher.HashAsync("the first sixty-four characters of this sentence are the same as those, and then it ends", Ct)).Value;

        Assert.False((await hasher.VerifyAsync(hash, other, Ct)).Value.IsMatch);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$short$short")]
    public async Task No_hash_or_a_broken_one_matches_nothing(string? hash)
    {
        using var hasher = Hasher();

        Assert.Equal(new(false, false), (await hasher.VerifyAsync(hash, Password, Ct)).Value);
    }

    [Fact]
    public async Task What_keyboards_send_in_two_forms_is_one_password_and_half_a_surrogate_is_no_crash()
    {
        using var hasher = Hasher();
        var hash = (await hasher.HashAsync("caf\u00e9 au lait, s'il vous pla\u00eet", Ct)).Value;

        Assert.True((await hasher.VerifyAsync(hash, "cafe\u0301 au lait, s'il vous plai\u0302t", Ct)).Value.IsMatch);
        Assert.False((await hasher.VerifyAsync(hash, "half a pair \ud83c and more", Ct)).Value.IsMatch);
    }

    [Fact]
    public async Task A_character_that_can_not_be_normalised_counts_like_any_other_and_what_is_around_it_has_one_form()
    {
        using var hasher = Hasher();
        var hash = (await hasher.HashAsync("caf\u00e9 \ufffe au lait \ufffe\ufffe", Ct)).Value;

        Assert.True((await hasher.VerifyAsync(hash, "cafe\u0301 \ufffe au lait \ufffe\ufffe", Ct)).Value.IsMatch);
        Assert.False((await hasher.VerifyAsync(hash, "caf\u00e9 \ufffe au lait \ufffe", Ct)).Value.IsMatch);
        Assert.False((await hasher.VerifyAsync(hash, "caf\u00e9  au lait ", Ct)).Value.IsMatch);
    }

    [Fact]
    public async Task Beyond_the_waiting_room_people_are_told_when_to_come_back()
    {
        using var hasher = Hasher(parallel: 1, waiting: 0);
        using var gate = new Barrier(4);

        var answers = new bool[4];
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            gate.SignalAndWait();
            var result = hasher.HashAsync(Password, Ct).GetAwaiter().GetResult();
            answers[i] = result.IsSuccess;
            if (!result.IsSuccess)
                Assert.Equal(("service.unavailable", TimeSpan.FromSeconds(2)), (result.Error.Code, result.Error.RetryAfter!.Value));
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        Assert.Contains(true, answers);
        Assert.Contains(false, answers);
        Assert.True((await hasher.HashAsync(Password, Ct)).IsSuccess);
    }

    private static Argon2PasswordHasher Hasher(int memory = 19 * 1024, int parallel = 2, int waiting = 8) =>
        new(Options.Create(new PasswordHashingOptions { MemoryKiB = memory, Parallel = parallel, Waiting = waiting }));
}
