using System.IO.Compression;
using System.Net;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Generations;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Edge;

/// <summary>Notes and stems of composed pieces, and pieces that go on from pieces, over HTTP.</summary>
public sealed class ScoreTests(EdgeApp edge)
{
    [Fact]
    public async Task A_finished_piece_has_notes_and_stems_that_are_the_same_each_time()
    {
        using var browser = await edge.RegisterAsync();
        var task = await browser.StartAsync("jazz trio, 120 bpm, F major", duration: 3);
        await browser.WaitAsync(task);

        using var midi = await browser.GetAsync($"/api/v1/generate/{task}/midi");
        await midi.MustBeAsync(HttpStatusCode.OK);
        var notes = await BytesAsync(midi);
        Assert.Equal("audio/midi", midi.Content.Headers.ContentType?.MediaType);
        Assert.Equal($"attachment; filename=\"musicgen-{task}.mid\"", midi.Header("Content-Disposition"));
        Assert.Equal("MThd"u8.ToArray(), notes[..4]);
        Assert.Equal(notes, await BytesAsync(await browser.GetAsync($"/api/v1/generate/{task}/midi")));
        Assert.Equal($"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(notes))}\"", midi.Headers.ETag?.Tag);

        using var head = await browser.SendAsync(HttpMethod.Head, $"/api/v1/generate/{task}/midi");
        await head.MustBeAsync(HttpStatusCode.OK);
        Assert.Equal((notes.Length, midi.Headers.ETag, "bytes"), ((int)head.Content.Headers.ContentLength!, head.Headers.ETag, head.Header("Accept-Ranges")));
        Assert.Empty(await BytesAsync(head));

        using var stems = await browser.GetAsync($"/api/v1/generate/{task}/stems");
        await stems.MustBeAsync(HttpStatusCode.OK);
        var zip = await BytesAsync(stems);
        Assert.Equal("application/zip", stems.Content.Headers.ContentType?.MediaType);
        Assert.Equal(zip, await BytesAsync(await browser.GetAsync($"/api/v1/generate/{task}/stems")));
        using var archive = new ZipArchive(new MemoryStream(zip));
        Assert.Equal(["bass", "chords", "drums", "melody"], archive.Entries.Select(e => e.Name.Split('-')[1]).Order(StringComparer.Ordinal).Distinct());
        Assert.All(archive.Entries, e => Assert.Equal(44 + (3 * 44100 * 4), e.Length));

        await edge.App.InScopeAsync(s => s.GetRequiredService<IMusicGenDbContext>().Generations.Where(g => g.Id == new GenerationId(Guid.Parse(task)))
            .ExecuteUpdateAsync(row => row.SetProperty(g => g.Engine, new EngineRelease("embedded-composer", 1)), TestContext.Current.CancellationToken));
        foreach (var kind in new[] { "midi", "stems" })
            await (await browser.GetAsync($"/api/v1/generate/{task}/{kind}")).MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "generation.score_outdated");
    }

    [Fact]
    public async Task Neither_is_given_before_the_end_or_to_anybody_else()
    {
        using var browser = await edge.RegisterAsync();
        using var stranger = await edge.RegisterAsync();
        var task = await browser.StartAsync("calm piano", duration: 60);
        foreach (var kind in new[] { "midi", "stems" })
        {
            await (await browser.GetAsync($"/api/v1/generate/{task}/{kind}")).MustBeProblemAsync(HttpStatusCode.Conflict, "generation.not_completed");
            await (await stranger.GetAsync($"/api/v1/generate/{task}/{kind}")).MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
            await (await browser.GetAsync($"/api/v1/generate/{Guid.NewGuid()}/{kind}")).MustBeProblemAsync(HttpStatusCode.NotFound, "generation.not_found");
        }

        (await browser.PostAsync($"/api/v1/generate/{task}/cancel")).Dispose();
    }

    [Fact]
    public async Task A_piece_goes_on_from_a_piece_until_that_one_is_deleted()
    {
        using var browser = await edge.RegisterAsync();
        await edge.App.InScopeAsync(s => s.GetRequiredService<ISender>().Send(new SetTierCommand(browser.Email, "premium"))); // more than two a minute
        var first = await browser.StartAsync("folk with flute, 100 bpm", duration: 4);
        await browser.WaitAsync(first);
        var longer = await TaskAsync(browser, new { prompt = "more drums", duration = 7, seed = 2, continue_from = first });
        var tune = await TaskAsync(browser, new { prompt = "rock", duration = 3, seed = 2, melody_from = longer });

        using var refused = await browser.GenerateAsync(new { prompt = "x", duration = 9, continue_from = first, genre = "rock", tempo = 90 });
        await refused.MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "generation.unsupported_field");
        foreach (var task in new[] { longer, tune })
            Assert.Equal("MThd"u8.ToArray(), (await BytesAsync(await browser.GetAsync($"/api/v1/generate/{task}/midi")))[..4]);

        (await browser.DeleteAsync($"/api/v1/generate/{first}")).Dispose();
        await (await browser.GetAsync($"/api/v1/generate/{tune}/midi")).MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "generation.no_score");
        await (await browser.GetAsync($"/api/v1/generate/{longer}/stems")).MustBeProblemAsync(HttpStatusCode.UnprocessableEntity, "generation.no_score");
    }

    [Fact]
    public async Task Words_name_a_length_where_no_field_does()
    {
        using var browser = await edge.RegisterAsync();

        var spoken = await browser.WaitAsync(await TaskAsync(browser, new { prompt = "two seconds of calm piano", seed = 1 }));
        var field = await browser.WaitAsync(await TaskAsync(browser, new { prompt = "two seconds of calm piano", seed = 1, duration = 1 }));

        Assert.Equal((2, 1), (spoken["duration"]!.GetValue<double>(), field["duration"]!.GetValue<double>()));
        Assert.Contains("two seconds", spoken["understood"]!.AsArray().Select(w => w!.GetValue<string>()));
    }

    private static async Task<string> TaskAsync(Browser browser, object request)
    {
        using var answer = await browser.GenerateAsync(request);
        await answer.MustBeAsync(HttpStatusCode.Accepted);
        var id = (await answer.JsonAsync())["task_id"]!.GetValue<string>();
        Assert.Equal("completed", (await browser.WaitAsync(id))["status"]!.GetValue<string>());
        return id;
    }

    private static Task<byte[]> BytesAsync(HttpResponseMessage answer) => answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
}
