using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Audio;

namespace MusicGen.Programs.Judge;

/// <summary>Has the product make sounds, from the outside: a request goes in, a WAV file comes out.</summary>
internal sealed class Renderings : IDisposable
{
    private const string Composer = "embedded-composer";
    private readonly ServiceProvider _services = new ServiceCollection().AddMusicEngines(new InferenceOptions()).BuildServiceProvider();

    /// <summary>The bytes of the WAV file of a request.</summary>
    public async Task<byte[]> FileAsync(MusicRequest request, CancellationToken ct)
    {
        var generator = _services.GetRequiredService<IMusicGenerator>();
        var clip = await generator.GenerateAsync(request with { Model = Composer }, new Progress<StepsDone>(), ct);
        using var file = new MemoryStream();
        WavFile.Write(file, clip, AudioFormat.Wav);
        return file.ToArray();
    }

    public async Task<Sound> SoundAsync(MusicRequest request, CancellationToken ct) => Sound.Parse(await FileAsync(request, ct));

    /// <summary>Makes every request's sound and judges it, on so many threads; answers in the order of the requests.</summary>
    /// <param name="requests">What to make.</param>
    /// <param name="judge">Reads what it needs from the sound, which is not kept.</param>
    /// <param name="threads">How many at once.</param>
    /// <param name="ct">Stops.</param>
    public async Task<T[]> JudgeAsync<T>(IReadOnlyList<MusicRequest> requests, Func<MusicRequest, Sound, T> judge, int threads, CancellationToken ct)
    {
        var results = new T[requests.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, requests.Count), new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct },
            async (i, stop) => results[i] = judge(requests[i], await SoundAsync(requests[i], stop)));
        return results;
    }

    public void Dispose() => _services.Dispose();
}
