using System.Runtime.InteropServices;

namespace MusicGen.WebApi.Hosting;

/// <summary>Ctrl+C, SIGTERM and SIGQUIT: the first asks for an orderly end, the next one ends the process at once, as a kill does.</summary>
internal sealed class StopSignals : IDisposable
{
    // A supervisor tells the process and its parent, which passes it on: that is one wish.
    private static readonly TimeSpan SameWish = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _first;

    public StopSignals() =>
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGQUIT }.Select(s => PosixSignalRegistration.Create(s, OnSignal))];

    /// <summary>Cancelled by the first.</summary>
    public CancellationToken Asked => _asked.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _asked.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        var first = Interlocked.CompareExchange(ref _first, TimeProvider.System.GetTimestamp(), 0);
        signal.Cancel = first == 0 || TimeProvider.System.GetElapsedTime(first) < SameWish;
        if (first == 0)
            _asked.Cancel();
    }
}
