using System.Security.Cryptography;
using MusicGen.Infrastructure.Files;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Files;

/// <summary>What holds of every store of files.</summary>
public sealed class FileStoreTests
{
    private const string Name = "ab/task/audio.wav";

    public static TheoryData<StoreKind> Kinds => TestStore.Kinds;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_file_is_there_whole_with_its_hash_and_any_part_of_it_can_be_read(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);

        var written = await store.Files.WriteAsync(Name, to => to.WriteAsync(bytes, Ct).AsTask(), Ct);

        Assert.Equal(new WrittenFile(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))), written);
        var file = (await store.Files.OpenAsync(Name, Ct))!;
        await using var content = file.Content;
        Assert.Equal((bytes.Length, written.Sha256), (content.Length, file.Sha256));
        foreach (var (from, count) in new[] { (0, 2), (2_999_999, 1), (1_500_000, 700_000), (65_530, 20), (0, bytes.Length) })
        {
            content.Position = from;
            var part = new byte[count];
            await content.ReadExactlyAsync(part, Ct);
            Assert.Equal(bytes[from..(from + count)], part);
        }

        Assert.Equal(0, await content.ReadAsync(new byte[1], Ct));
        using var local = await store.Files.FetchAsync(Name, Ct);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(local!.Path, Ct));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task What_is_given_up_while_it_is_written_never_shows_and_what_was_there_stays(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Files.WriteAsync(Name, Fail, Ct));
        Assert.Null(await store.Files.OpenAsync(Name, Ct));

        await store.Files.WriteAsync(Name, to => to.WriteAsync("first"u8.ToArray(), Ct).AsTask(), Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Files.WriteAsync(Name, Fail, Ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Files.WriteAsync(Name, to => to.WriteAsync("other"u8.ToArray()).AsTask(), new CancellationToken(canceled: true)));
        Assert.Equal("first", await TextAsync(store, Name));

        await store.Files.WriteAsync(Name, to => to.WriteAsync("second"u8.ToArray(), Ct).AsTask(), Ct);
        Assert.Equal("second", await TextAsync(store, Name));
        store.MustBeWhole();

        static async Task Fail(Stream to)
        {
            await to.WriteAsync("half"u8.ToArray());
            throw new InvalidOperationException();
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_folder_lists_all_its_files_and_goes_without_its_neighbours(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        string[] names = ["ab/one/audio.wav", "ab/one/audio.f32.wav", "ab/one/audio.mp3", "ab/one/audio.ogg", "ab/oneself/audio.wav", "exports/x.zip"];
        foreach (var name in names)
            await store.Files.WriteAsync(name, to => to.WriteAsync("12345"u8.ToArray(), Ct).AsTask(), Ct);
        await store.Files.ProbeAsync(Ct);

        var all = await store.Files.ListAsync(string.Empty, Ct).ToListAsync(Ct);
        Assert.Equal(names.Order(StringComparer.Ordinal), all.Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.All(all, f => Assert.Equal(5, f.Bytes));
        Assert.All(all, f => Assert.InRange(f.WrittenAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1)));
        Assert.Equal(4, (await store.Files.DeleteFolderAsync("ab/one", Ct)).Count);
        await store.Files.DeleteAsync("exports/x.zip", Ct);
        await store.Files.DeleteAsync("exports/x.zip", Ct);
        Assert.Empty(await store.Files.DeleteFolderAsync("ab/one", Ct));
        Assert.Equal(["ab/oneself/audio.wav"], await store.Files.ListAsync(string.Empty, Ct).Select(f => f.Name).ToListAsync(Ct));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task What_a_dead_process_left_half_written_goes_when_it_is_old(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        _ = store.Files.Draft(Name);

        Assert.Equal(0, await store.Files.DeleteHalvesAsync(DateTimeOffset.UtcNow.AddMinutes(-1), Ct));
        Assert.Equal(1, await store.Files.DeleteHalvesAsync(DateTimeOffset.UtcNow.AddMinutes(1), Ct));

        store.MustBeWhole();
    }

    private static async Task<string> TextAsync(TestStore store, string name)
    {
        using var reader = new StreamReader((await store.Files.OpenAsync(name, Ct))!.Content);
        return await reader.ReadToEndAsync(Ct);
    }
}
