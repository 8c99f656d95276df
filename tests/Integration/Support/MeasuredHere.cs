using System.Diagnostics.Metrics;
using System.Globalization;
using MusicGen.Application.Pipeline;

namespace MusicGen.Integration.Support;

/// <summary>What an instrument of the product measured in this test's own flow, and what it started: others run beside it.</summary>
internal sealed class MeasuredHere : IDisposable
{
    private static readonly AsyncLocal<object?> Flow = new();

    private readonly MeterListener _listener = new();
    private readonly List<(KeyValuePair<string, object?>[] Tags, string Value)> _told = [];

    public MeasuredHere(string instrument)
    {
        var own = Flow.Value ??= new object();
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == Telemetry.Name && published.Name == instrument)
                listener.EnableMeasurementEvents(published);
        };
        void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags, IFormattable value)
        {
            if (Flow.Value != own)
                return;
            lock (_told)
                _told.Add((tags.ToArray(), value.ToString(null, CultureInfo.InvariantCulture)));
        }

        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Note(tags, value));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, _) => Note(tags, value));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Note(tags, value));
        _listener.Start();
    }

    /// <summary>Each measurement as the values of some of its tags, and what it was.</summary>
    public IReadOnlyList<string> Told(params string[] tags)
    {
        lock (_told)
            return [.. _told.Select(t => string.Join(' ', [.. tags.Select(tag => t.Tags.Single(p => p.Key == tag).Value), t.Value]))];
    }

    public void Dispose() => _listener.Dispose();
}
