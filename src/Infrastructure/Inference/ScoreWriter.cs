using System.IO.Pipelines;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference;

/// <summary>Notes and stems of what the composer made.</summary>
internal sealed class ScoreWriter : IScoreWriter, IDisposable
{
    // A rendering takes a core: two at once leave room for the rest of a server.
    private const int MostStems = 2;
    private readonly SemaphoreSlim _free = new(MostStems);

    public int EngineVersion => ComposerEngine.Version;

    public bool Writes(string model) => model == ComposerEngine.Id;

    public byte[] Midi(MusicRequest request)
    {
        var piece = Piece.Write(request);
        return MidiFile.Write(piece.Plan, piece.Score);
    }

    public Result<Stream> OpenStems(MusicRequest request, CancellationToken ct)
    {
        if (!_free.Wait(0, CancellationToken.None))
            return GenerationErrors.StemsBusy;
        var pipe = new Pipe();
        _ = Task.Factory.StartNew(
            () => Write(request, pipe.Writer, ct), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        return pipe.Reader.AsStream();
    }

    public void Dispose() => _free.Dispose();

    private void Write(MusicRequest request, PipeWriter writer, CancellationToken ct)
    {
        Exception? problem = null;
        try
        {
            var rate = request.SampleRate ?? ComposerEngine.DefaultSampleRate;
            using var stream = writer.AsStream(leaveOpen: true);
            new Stems(Piece.Write(request), rate, Rendering.FramesOf(request, rate)).Write(stream, ct);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or MusicGenerationException or InvalidOperationException)
        {
            // The reader sees it where the bytes end: a ZIP without its directory is refused by every program.
            problem = e;
        }
        finally
        {
            writer.Complete(problem);
            _free.Release();
        }
    }
}
