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

    [Fact]
    public async Task A_folder_goes_while_copies_in_it_come_and_go()
    {
        await using var store = await TestStore.OpenAsync(StoreKind.Folder);
        for (var round = 0; round < 40; round++)
        {
            var folder = $"ab/{round}";
            var names = Enumerable.Range(0, 60).Select(i => $"{folder}/{i}.mp3").ToList();
            foreach (var name in names.Append($"{folder}/audio.wav"))
            {
                Directory.CreateDirectory(Path.Combine(store.Folder, folder));
                await File.WriteAllTextAsync(Path.Combine(store.Folder, name), "12345", Ct);
            }

            var copies = Task.Run(() => Task.WhenAll(names.Select(name => store.Files.DeleteAsync(name, Ct))), Ct); // as retention does
            var gone = await store.Files.DeleteFolderAsync(folder, Ct);
            await copies;

            Assert.Contains(gone, f => f.Name == $"{folder}/audio.wav");
            Assert.False(Directory.Exists(Path.Combine(store.Folder, folder)), $"In round {round} the folder stayed.");
        }
    }

    [Fact]
    public async Task A_list_of_files_outlasts_those_that_go_meanwhile()
    {
        await using var store = await TestStore.OpenAsync(StoreKind.Folder);
        foreach (var i in Enumerable.Range(0, 5))
            await store.Files.WriteAsync($"ab/one/{i}.mp3", to => to.WriteAsync("12345"u8.ToArray(), Ct).AsTask(), Ct);

        var seen = 0;
        await foreach (var file in store.Files.ListAsync("ab", Ct))
        {
            seen++;
            foreach (var i in Enumerable.Range(0, 5))
                File.Delete(Path.Combine(store.Folder, $"ab/one/{i}.mp3"));
        }

        Assert.Equal(1, seen);
        Directory.Delete(Path.Combine(store.Folder, "ab"), recursive: true);
        await store.Files.DeleteAsync("ab/one/1.mp3", Ct);
    }

    [Fact]
    public async Task Of_a_probe_that_hangs_there_is_never_a_second()
    {
        using var disk = new ManualResetEventSlim();
        var begun = 0;
        var store = new FolderStore(
            Microsoft.Extensions.Options.Options.Create(new Infrastructure.Generations.AudioStoreOptions { Path = "/" }),
            _ =>
            {
                Interlocked.Increment(ref begun);
                disk.Wait(CancellationToken.None);
            });

        foreach (var _ in Enumerable.Range(0, 5))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ProbeAsync(patience.Token));
        }

        Assert.Equal(1, begun);
        disk.Set();
        await store.ProbeAsync(Ct);
        await store.ProbeAsync(Ct);
        Assert.InRange(begun, 2, 3);
    }

    private static async Task<string> TextAsync(TestStore store, string name)
    {
        using var reader = new StreamReader((await store.Files.OpenAsync(name, Ct))!.Content);
        return await reader.ReadToEndAsync(Ct);
    }
}
