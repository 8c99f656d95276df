using System.Net;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>A disk of songs that isn't mounted, and an encoder that isn't there.</summary>
public class AudioOutageTests
{
    [Fact]
    public async Task A_song_whose_disk_is_gone_is_unavailable_not_unfinished_and_comes_back_with_it()
    {
        await using var app = await MusicGenApp.StartAsync();
        using var browser = await app.RegisterAsync();
        var song = await browser.StartAsync("slow piano");
        await browser.WaitAsync(song);
        var (mounted, elsewhere) = (Path.Combine(app.Folder, "audio"), Path.Combine(app.Folder, "elsewhere"));

        Directory.Move(mounted, elsewhere);
        foreach (var path in (string[])["audio", "audio?format=flac", "peaks"])
        {
            using var answer = await browser.GetAsync($"/api/v1/generate/{song}/{path}");
            await answer.MustBeProblemAsync(HttpStatusCode.ServiceUnavailable, "service.unavailable");
            Assert.NotNull(answer.Header("Retry-After"));
        }

        using (var ready = await browser.GetAsync("/health/ready"))
        {
            await ready.MustBeAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Equal("unhealthy", (await ready.JsonAsync())["checks"]!["audio"]!.GetValue<string>());
        }

        Assert.Equal("completed", (await browser.TaskAsync(song))["status"]!.GetValue<string>());
        Directory.Move(elsewhere, mounted);
        using var well = await browser.GetAsync($"/api/v1/generate/{song}/audio");
        await well.MustBeAsync(HttpStatusCode.OK);
        await browser.MustBecomeReadyAsync();
    }

    [Fact]
    public async Task Without_an_encoder_other_formats_are_refused_by_name_and_wav_plays()
    {
        await using var server = await ServerProcess.StartAsync(("PATH", "/nowhere"));
        using var browser = server.NewBrowser();
        using (var registered = await browser.RegisterAsync())
            await registered.MustBeAsync(HttpStatusCode.Created);
        var song = await browser.StartAsync("slow piano");
        await browser.WaitAsync(song);

        using var mp3 = await browser.GetAsync($"/api/v1/generate/{song}/audio?format=mp3");
        await mp3.MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "audio.format_unavailable");
        using var wav = await browser.GetAsync($"/api/v1/generate/{song}/audio");
        await wav.MustBeAsync(HttpStatusCode.OK);
    }
}
