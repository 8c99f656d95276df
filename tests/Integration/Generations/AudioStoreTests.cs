using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Integration.Generations;

public sealed class FileAudioStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("musicgen-audio-").FullName;
    private readonly GenerationId _id = GenerationId.New(DateTimeOffset.UtcNow);
    private readonly FileAudioStore _store;

    public FileAudioStoreTests() => _store = Store(encoders: 2);

    [Fact]
    public async Task A_saved_clip_has_as_many_samples_as_it_was_made_of()
    {
        await _store.SaveAsync(_id, Clip(), CancellationToken.None);

        var (wav, tag) = await ReadAsync(_store, AudioFormat.Wav);
        var (floats, _) = await ReadAsync(_store, AudioFormat.WavFloat);

        Assert.Equal((44 + (44100 * 2 * 2), 58 + (44100 * 2 * 4)), (wav.Length, floats.Length));
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(wav))}\"", tag);
    }

    [Theory]
    [InlineData(AudioFormat.Flac, "fLaC", "audio/flac"), InlineData(AudioFormat.Ogg, "OggS", "audio/ogg"), InlineData(AudioFormat.Mp3, "", "audio/mpeg")]
    public async Task Other_formats_are_encoded_once_and_to_the_same_bytes_each_time(AudioFormat format, string magic, string contentType)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "ffmpeg isn't on this machine.");
        await _store.SaveAsync(_id, Clip(), CancellationToken.None);
        var opened = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _store.OpenAsync(_id, format, CancellationToken.None)));
        Assert.All(opened, o => Assert.Equal(contentType, o.Value.ContentType));
        foreach (var file in opened)
            await file.Value.Content.DisposeAsync();

        var (first, tag) = await ReadAsync(_store, format);
        await _store.DeleteAsync(_id, CancellationToken.None);
        await _store.SaveAsync(_id, Clip(), CancellationToken.None);
        var (second, sameTag) = await ReadAsync(_store, format);

        Assert.Equal(magic, System.Text.Encoding.ASCII.GetString(first, 0, magic.Length));
        Assert.Equal(first, second);
        Assert.Equal(tag, sameTag);
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task More_encoders_than_allowed_are_refused_for_a_moment()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "ffmpeg isn't on this machine.");
        using var store = Store(encoders: 1);
        await store.SaveAsync(_id, Clip(), CancellationToken.None);

        var both = await Task.WhenAll(store.OpenAsync(_id, AudioFormat.Flac, CancellationToken.None), store.OpenAsync(_id, AudioFormat.Mp3, CancellationToken.None));

        var refused = Assert.Single(both, b => !b.IsSuccess);
        Assert.Equal("service.unavailable", refused.Error.Code);
        Assert.NotNull(refused.Error.RetryAfter);
        await both.Single(b => b.IsSuccess).Value.Content.DisposeAsync();
    }

    [Fact]
    public async Task Peaks_hold_every_sample_in_as_many_parts_as_asked()
    {
        await _store.SaveAsync(_id, Clip(), CancellationToken.None);

        var coarse = (await _store.GetPeaksAsync(_id, 1, CancellationToken.None)).Value;
        var fine = (await _store.GetPeaksAsync(_id, 10_000, CancellationToken.None)).Value;

        var whole = Assert.Single(coarse);
        Assert.Equal(-0.5, whole[0], 3);
        Assert.Equal(0.75, whole[1], 3);
        Assert.Equal(10_000, fine.Length);
        Assert.All(fine, p => Assert.True(p[0] <= p[1]));
        Assert.Equal((whole[0], whole[1]), (fine.Min(p => p[0]), fine.Max(p => p[1])));
    }

    [Fact]
    public async Task Without_a_clip_there_is_nothing_to_open_and_deleting_is_harmless()
    {
        await _store.DeleteAsync(_id, CancellationToken.None);

        Assert.Equal("generation.not_completed", (await _store.OpenAsync(_id, AudioFormat.Wav, CancellationToken.None)).Error.Code);
        Assert.Equal("generation.not_completed", (await _store.GetPeaksAsync(_id, 5, CancellationToken.None)).Error.Code);
    }

    [Fact]
    public async Task Only_the_owner_of_the_process_can_read_audio()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return; // the analyzer doesn't know that a skip leaves
        }

        await _store.SaveAsync(_id, Clip(), CancellationToken.None);

        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static AudioClip Clip()
    {
        var samples = new float[44100 * 2];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = 0.4f * MathF.Sin(i * 0.02f);
        (samples[12345], samples[60000]) = (-0.5f, 0.75f);
        return new AudioClip(samples, 44100, 2, []);
    }

    private FileAudioStore Store(int encoders) =>
        new(Options.Create(new AudioStoreOptions { Path = _folder, Encoders = encoders }), NullLogger<FileAudioStore>.Instance);

    private async Task<(byte[] Bytes, string Tag)> ReadAsync(FileAudioStore store, AudioFormat format)
    {
        var file = (await store.OpenAsync(_id, format, CancellationToken.None)).Value;
        await using var content = file.Content;
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes);
        return (bytes.ToArray(), file.ETag);
    }
}
