namespace MusicGen.Application.Generations;

/// <summary>A model as the wire shows it.</summary>
/// <param name="Id">What a request names it by.</param>
/// <param name="Engine">The program behind it.</param>
/// <param name="Neural">Whether a trained network makes the music.</param>
/// <param name="SampleRate">The default, in hertz.</param>
/// <param name="SampleRates">All it offers.</param>
/// <param name="Channels">1 or 2.</param>
/// <param name="MaxSeconds">The longest clip.</param>
/// <param name="Licence">SPDX id.</param>
/// <param name="Loaded">Whether it answers without loading first.</param>
/// <param name="Supports">The request fields that it honours.</param>
public sealed record ModelView(
    string Id, string Engine, bool Neural, int SampleRate, IReadOnlyList<int> SampleRates, int Channels, double MaxSeconds,
    string Licence, bool Loaded, IReadOnlyList<string> Supports)
{
    internal static ModelView Of(MusicModel model) => new(
        model.Id, model.Engine, model.Neural, model.SampleRates[0], model.SampleRates, model.Channels, model.MaxSeconds,
        model.Licence, model.Loaded, model.Supports);
}
