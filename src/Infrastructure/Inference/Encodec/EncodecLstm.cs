using MusicGen.Infrastructure.Inference.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MusicGen.Infrastructure.Inference.Encodec;

/// <summary>x + lstm(x), one way in time, so that it can go on where it stopped.</summary>
internal sealed class EncodecLstm : IDisposable
{
    private readonly TorchSharp.Modules.LSTM _lstm;
    private readonly int _layers;
    private readonly int _width;

    public EncodecLstm(LstmLayer layer, IWeights weights, Device device)
    {
        (_layers, _width) = (layer.Layers, layer.Width);
        using var scope = NewDisposeScope();
        _lstm = nn.LSTM(layer.Width, layer.Width, layer.Layers);
        foreach (var (name, parameter) in _lstm.named_parameters())
            parameter.copy_(weights.Load($"{layer.Name}.lstm.{name}"));
        _lstm.to(device);
        _lstm.eval();
        scope.Detach([.. _lstm.parameters()]);
    }

    /// <summary>Goes on.</summary>
    /// <param name="x">[1, width, T]</param>
    /// <param name="state">From the call before; it is disposed. Null at the start.</param>
    /// <returns>[1, width, T], and the state after it, which the caller owns.</returns>
    public (Tensor Output, LstmState State) Forward(Tensor x, LstmState? state)
    {
        using var scope = NewDisposeScope();
        var steps = x.permute(2, 0, 1); // [T, 1, width]
        var (hidden, cell) = state is null
            ? (zeros([_layers, 1, _width], device: x.device), zeros([_layers, 1, _width], device: x.device))
            : (state.Hidden, state.Cell);
        var (output, nextHidden, nextCell) = _lstm.call(steps, (hidden, cell));
        state?.Dispose();
        var next = new LstmState(scope.Detach(nextHidden), scope.Detach(nextCell));
        return (scope.MoveToOuter((output + steps).permute(1, 2, 0)), next);
    }

    public void Dispose() => _lstm.Dispose();
}

/// <summary>[layers, 1, width] each.</summary>
internal sealed record LstmState(Tensor Hidden, Tensor Cell) : IDisposable
{
    public void Dispose()
    {
        Hidden.Dispose();
        Cell.Dispose();
    }
}
