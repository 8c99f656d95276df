using MusicGen.Application.Generations;

namespace MusicGen.Integration.Inference;

/// <summary>A listener to a song's steps.</summary>
internal sealed class Heard(Action<int> then) : IProgress<StepsDone>
{
    public void Report(StepsDone value) => then(value.Done);
}

/// <summary>Holds the song's device at its second step; not for ever, so that a song sent to it fails its test and ends.</summary>
internal sealed class Held : IProgress<StepsDone>, IDisposable
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    public Task Started => _started.Task;

    public void Report(StepsDone value)
    {
        if (value.Done != 1)
            return;
        _started.TrySetResult();
        _released.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    public void Release() => _released.Set();

    public void Dispose()
    {
        Release();
        _released.Dispose();
    }
}
