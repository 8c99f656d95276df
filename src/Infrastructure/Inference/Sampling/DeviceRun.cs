using MusicGen.Infrastructure.Inference.Decoder;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>
/// Steps of the same songs on a device, until one of them is done or another joins or leaves. What the host knows beforehand,
/// fixed codes and the numbers to draw with, goes there at once; a step then only puts work into the device's queue. The
/// host reads codes every few steps, and so never runs far ahead of what is made.
/// </summary>
internal sealed class DeviceRun : IDisposable
{
    /// <summary>Steps that may be in the queue: so long a song is computed after it was cancelled.</summary>
    public const int MaxAhead = 4;

    // What is prepared further ahead is likely to be in vain, since somebody joins or leaves.
    private const int MaxColumns = 64;
    private const long Free = -1;

    private readonly IDeviceDecoder _decoder;
    private readonly IReadOnlyList<WindowDecoding> _windows;
    private readonly IReadOnlyList<Lane> _lanes;
    private readonly TensorSampler _sampler;
    private readonly Tensor _songs;    // [rows], whose each row is
    private readonly Tensor _codes;    // [1 + columns, S, codebooks], first the column that is known
    private readonly Tensor _uniforms; // [1 + columns, S, codebooks]
    private readonly int _columns;
    private int _made;
    private int _read;
    private int _users;

    private DeviceRun(IDeviceDecoder decoder, DecoderConfig config, IReadOnlyList<WindowDecoding> windows, int rows)
    {
        (_decoder, _windows, _lanes, _users) = (decoder, [.. windows], [.. windows.Select(w => w.NextLane)], windows.Count);
        _columns = Math.Min(MaxColumns, windows.Min(w => w.Remaining));
        var (codes, uniforms) = (new List<long>(), new List<double>());
        for (var column = 0; column <= _columns; column++)
        {
            foreach (var window in windows)
            {
                for (var row = 0; row < config.Codebooks; row++)
                {
                    var (code, uniform) = window.Place(row, column);
                    codes.Add(code ?? Free);
                    uniforms.Add(uniform);
                }
            }
        }

        var owners = windows.SelectMany((w, i) => Enumerable.Repeat((long)i, w.Rows)).ToList();
        owners.AddRange(Enumerable.Repeat(0L, Math.Max(0, rows - owners.Count)));
        using var scope = NewDisposeScope();
        long[] shape = [1 + _columns, windows.Count, config.Codebooks];
        _songs = scope.Detach(tensor(owners, device: decoder.Device));
        _codes = scope.Detach(tensor(codes.ToArray(), shape, device: decoder.Device));
        _uniforms = scope.Detach(tensor(uniforms.ToArray(), shape, device: decoder.Device));
        _sampler = new TensorSampler([.. windows.Select(w => (w.Settings, w.Rows))], config, decoder.Device);
    }

    private bool IsOver => _made == _columns;

    /// <summary>The run that these songs are in, or a new one.</summary>
    /// <param name="decoder">The songs' model's.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="windows">None of them done.</param>
    /// <param name="rows">Of every pass, at least.</param>
    public static DeviceRun Of(IDeviceDecoder decoder, DecoderConfig config, IReadOnlyList<WindowDecoding> windows, int rows)
    {
        if (windows[0].Run is { IsOver: false } current && current._windows.Count == windows.Count && windows.All(w => w.Run == current))
            return current;
        foreach (var window in windows)
            window.Run?.Read();
        var run = new DeviceRun(decoder, config, windows, rows);
        foreach (var window in windows)
            window.Join(run);
        return run;
    }

    /// <summary>Feeds each song its next column and chooses the one after. Waits only when it has run ahead, or at the end.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        var logits = _decoder.Step(_lanes, _codes.select(0, _made), _songs);
        _made++;
        var next = _codes.select(0, _made);
        next.copy_(where(next < 0, _sampler.Choose(logits, _uniforms.select(0, _made)), next));
        if (_made - _read == MaxAhead || IsOver)
            Read();
    }

    /// <summary>A song is done, goes on in another run or isn't wanted any more; the last one disposes.</summary>
    public void Leave()
    {
        if (--_users == 0)
            Dispose();
    }

    public void Dispose()
    {
        _songs.Dispose();
        _codes.Dispose();
        _uniforms.Dispose();
        _sampler.Dispose();
    }

    // Waits for all steps until here, and hands over their codes.
    private void Read()
    {
        if (_read == _made)
            return;
        using var scope = NewDisposeScope();
        var codes = _codes.narrow(0, _read + 1, _made - _read).to(CPU).data<long>().ToArray();
        var width = codes.Length / (_made - _read) / _windows.Count;
        for (var (at, song) = (0, 0); at < codes.Length; at += width, song = (song + 1) % _windows.Count)
            _windows[song].Take(codes.AsSpan(at, width));
        _read = _made;
    }
}
