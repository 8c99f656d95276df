namespace MusicGen.Programs;

/// <summary>Threads that compute something all the time, as another program on the machine would.</summary>
internal sealed class BusyCores : IDisposable
{
    private readonly List<Thread> _threads;
    private volatile bool _isEnding;

    public BusyCores(int count)
    {
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(Spin) { IsBackground = true, Name = "busy" })];
        _threads.ForEach(t => t.Start());
    }

    public void Dispose()
    {
        _isEnding = true;
        _threads.ForEach(t => t.Join());
    }

    private void Spin()
    {
        var x = 1.0;
        while (!_isEnding)
            x = Math.Sqrt(x + 1);
    }
}
