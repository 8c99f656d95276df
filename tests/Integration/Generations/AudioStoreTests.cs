using System.Security.Cryptography;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Files;
using MusicGen.Infrastructure.Generations;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Generations;

/// <summary>What holds of audio wherever it lies.</summary>
public sealed class AudioStoreTests
{
    private readonly GenerationId _id = GenerationId.New(DateTimeOffset.UtcNow);

    public static TheoryData<StoreKind> Kinds => TestStore.Kinds;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_saved_clip_has_as_many_samples_as_it_was_made_of(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio();
        await audio.SaveAsync(_id, Clip(), Ct);

        var (wav, tag) = await ReadAsync(audio, AudioFormat.Wav);
        var (floats, _) = await ReadAsync(audio, AudioFormat.WavFloat);

        Assert.Equal((44 + (44100 * 2 * 2), 58 + (44100 * 2 * 4)), (wav.Length, floats.Length));
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(wav))}\"", tag);
        Assert.Equal(Clip().Samples, (await audio.LoadAsync(_id, Ct))!.Samples);
        store.MustBeWhole();
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Other_formats_are_encoded_once_and_to_the_same_bytes_on_every_node(StoreKind kind)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "ffmpeg isn't on this machine.");
        await using var store = await TestStore.OpenAsync(kind);
        var (audio, node) = (store.Audio(), store.Audio());
        await audio.SaveAsync(_id, Clip(), Ct);
        (AudioFormat, string, string)[] formats = [(AudioFormat.Flac, "fLaC", "audio/flac"), (AudioFormat.Ogg, "OggS", "audio/ogg"), (AudioFormat.Mp3, "", "audio/mpeg")];
        foreach (var (format, magic, contentType) in kind == StoreKind.Folder ? formats : formats[..1]) // the encoders are the same
        {
            var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? audio : node).OpenAsync(_id, format, Ct)));
            Assert.All(opened, o => Assert.Equal(contentType, o.Value.ContentType));
            foreach (var file in opened)
                await file.Value.Content.DisposeAsync();

            var (first, tag) = await ReadAsync(audio, format);
            Assert.Equal(magic, System.Text.Encoding.ASCII.GetString(first, 0, magic.Length));
            Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(first))}\"", tag);
            Assert.Equal(1, (await ClearAsync(audio, copiesBefore: DateTimeOffset.UtcNow.AddMinutes(1))).Copies);
            var (second, sameTag) = await ReadAsync(node, format);
            Assert.Equal(first, second);
            Assert.Equal(tag, sameTag);
            Assert.Equal(1, (await ClearAsync(audio, copiesBefore: DateTimeOffset.UtcNow.AddMinutes(1))).Copies);
        }

        store.MustBeWhole();
    }

    [Theory, InlineData(StoreKind.Folder), InlineData(StoreKind.S3)]
    public async Task More_encoders_than_allowed_are_refused_for_a_moment(StoreKind kind)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "ffmpeg isn't on this machine.");
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio(encoders: 1);
        await audio.SaveAsync(_id, Clip(), Ct);

        var both = await Task.WhenAll(audio.OpenAsync(_id, AudioFormat.Flac, Ct), audio.OpenAsync(_id, AudioFormat.Mp3, Ct));

        var refused = Assert.Single(both, b => !b.IsSuccess);
        Assert.Equal("service.unavailable", refused.Error.Code);
        Assert.NotNull(refused.Error.RetryAfter);
        await both.Single(b => b.IsSuccess).Value.Content.DisposeAsync();
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Peaks_hold_every_sample_in_as_many_parts_as_asked(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio();
        await audio.SaveAsync(_id, Clip(), Ct);

        var coarse = (await audio.GetPeaksAsync(_id, 1, Ct)).Value;
        var fine = (await audio.GetPeaksAsync(_id, 10_000, Ct)).Value;

        var whole = Assert.Single(coarse);
        Assert.Equal(-0.5, whole[0], 3);
        Assert.Equal(0.75, whole[1], 3);
        Assert.Equal(10_000, fine.Length);
        Assert.All(fine, p => Assert.True(p[0] <= p[1]));
        Assert.Equal((whole[0], whole[1]), (fine.Min(p => p[0]), fine.Max(p => p[1])));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Deleting_leaves_nothing_says_what_went_and_again_is_harmless(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio();
        await audio.SaveAsync(_id, Clip(), Ct);
        await using (var copy = new MemoryStream([1, 2, 3]))
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3])), await audio.SaveCopyAsync(_id, AudioFormat.Ogg, copy, Ct));
        var other = GenerationId.New(DateTimeOffset.UtcNow);
        await audio.SaveAsync(other, Clip(), Ct);

        Assert.Equal(new RemovedAudio(3, 44 + (44100 * 2 * 2) + 58 + (44100 * 2 * 4) + 3), await audio.DeleteAsync(_id, Ct));

        Assert.Equal(default, await audio.DeleteAsync(_id, Ct));
        foreach (var format in Enum.GetValues<AudioFormat>())
            Assert.Equal("generation.not_completed", (await audio.OpenAsync(_id, format, Ct)).Error.Code);
        Assert.Equal("generation.not_completed", (await audio.GetPeaksAsync(_id, 5, Ct)).Error.Code);
        Assert.Null(await audio.LoadAsync(_id, Ct));
        Assert.Equal(2, await store.Files.ListAsync(string.Empty, Ct).CountAsync(Ct)); // the other's
    }

    // The encoder brings its copy when the task was deleted while it worked: nobody would ever delete that one.
    [Theory, InlineData(StoreKind.Folder), InlineData(StoreKind.S3)]
    public async Task A_copy_that_comes_after_its_task_was_deleted_goes_again(StoreKind kind)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "ffmpeg isn't on this machine.");
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio();
        await audio.SaveAsync(_id, Clip(), Ct);

        var encoding = audio.OpenAsync(_id, AudioFormat.Flac, Ct);
        while (!Directory.EnumerateFiles(store.Folder, "audio.flac.*.part", SearchOption.AllDirectories).Any() && !encoding.IsCompleted)
            await Task.Yield();
        await audio.DeleteAsync(_id, Ct);
        var opened = await encoding;
        if (opened.IsSuccess)
            await opened.Value.Content.DisposeAsync();

        await ClearAsync(audio, copiesBefore: DateTimeOffset.UtcNow.AddDays(-1));
        Assert.Empty(await store.Files.ListAsync(string.Empty, Ct).ToListAsync(Ct));
    }

    [Theory, InlineData(StoreKind.Folder), InlineData(StoreKind.S3)]
    public async Task Sound_whose_task_is_no_more_goes_when_it_is_old_and_nothing_else(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio();
        var (living, left, young) = (_id, GenerationId.New(DateTimeOffset.UtcNow), GenerationId.New(DateTimeOffset.UtcNow));
        foreach (var id in (GenerationId[])[living, left, young])
            await audio.SaveAsync(id, Clip(), Ct);
        foreach (var other in (string[])["exports/0190a000-0000-7000-8000-000000000001.zip", "readme", $"zz/{left}/audio.wav"])
            await store.Files.WriteAsync(other, to => to.WriteAsync("12345"u8.ToArray(), Ct).AsTask(), Ct);
        Assert.Equal(new ClearedAudio(0, 0, 0), await ClearAsync(audio, living: [living]));
        store.Age(name => !name.Contains(young.ToString(), StringComparison.Ordinal));
        if (store.Double is { } bucket)
            bucket.Requests.Clear();

        Assert.Equal(new ClearedAudio(0, 1, 0), await ClearAsync(audio, living: [living]));

        var names = await store.Files.ListAsync(string.Empty, Ct).Select(f => f.Name).ToListAsync(Ct);
        Assert.Equal(7, names.Count);
        Assert.DoesNotContain(names, n => n.StartsWith($"{left.ToString()[^2..]}/{left}", StringComparison.Ordinal));
        Assert.NotNull(await audio.LoadAsync(young, Ct));
        Assert.All(store.Double?.Requests.Where(r => r.StartsWith("DELETE", StringComparison.Ordinal)) ?? [], r => Assert.Contains(left.ToString(), r, StringComparison.Ordinal));
    }

    [Theory, InlineData(StoreKind.Folder), InlineData(StoreKind.S3)]
    public async Task Where_more_tasks_lack_their_row_than_have_one_their_sound_is_anothers_and_stays(StoreKind kind)
    {
        await using var store = await TestStore.OpenAsync(kind);
        var audio = store.Audio();
        var ids = Enumerable.Range(0, 23).Select(_ => GenerationId.New(DateTimeOffset.UtcNow)).ToList();
        foreach (var id in ids)
            await store.Files.WriteAsync($"{id.ToString()[^2..]}/{id}/audio.wav", to => to.WriteAsync("12345"u8.ToArray(), Ct).AsTask(), Ct);
        store.Age(_ => true);

        Assert.Equal(new ClearedAudio(0, 0, 23), await ClearAsync(audio));
        Assert.Equal(new ClearedAudio(0, 0, 12), await ClearAsync(audio, living: [.. ids[..11]]));
        Assert.Equal(23, await store.Files.ListAsync(string.Empty, Ct).CountAsync(Ct));
        Assert.Equal(new ClearedAudio(0, 11, 0), await ClearAsync(audio, living: [.. ids[..12]]));
        Assert.Equal(new ClearedAudio(0, 10, 0), await ClearAsync(audio, living: [.. ids[..2]])); // few are believed
        Assert.Equal(2, await store.Files.ListAsync(string.Empty, Ct).CountAsync(Ct));
    }

    [Fact]
    public async Task Only_the_owner_of_the_process_can_read_audio()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return; // the analyzer doesn't know that a skip leaves
        }

        await using var store = await TestStore.OpenAsync(StoreKind.Folder);
        await store.Audio().SaveAsync(_id, Clip(), Ct);

        var files = Directory.GetFiles(store.Folder, "*", SearchOption.AllDirectories);
        Assert.Equal(4, files.Length);
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    private static Task<ClearedAudio> ClearAsync(AudioStore audio, DateTimeOffset? copiesBefore = null, params HashSet<GenerationId> living) => audio.ClearAsync(
        copiesBefore ?? DateTimeOffset.UtcNow.AddDays(-30),
        DateTimeOffset.UtcNow.AddDays(-1),
        ids => Task.FromResult<IReadOnlySet<GenerationId>>(ids.Where(living.Contains).ToHashSet()),
        Ct);

    private static AudioClip Clip()
    {
        var samples = new float[44100 * 2];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = 0.4f * MathF.Sin(i * 0.02f);
        (samples[12345], samples[60000]) = (-0.5f, 0.75f);
        return new AudioClip(samples, 44100, 2, []);
    }

    private async Task<(byte[] Bytes, string Tag)> ReadAsync(AudioStore store, AudioFormat format)
    {
        var file = (await store.OpenAsync(_id, format, Ct)).Value;
        await using var content = file.Content;
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, Ct);
        return (bytes.ToArray(), file.ETag);
    }
}
