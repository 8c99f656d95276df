namespace MusicGen.Programs.Judge;

/// <summary>The fast Fourier transform of real frames whose length is a power of two, and the spectra of a sound.</summary>
internal sealed class Fourier
{
    private readonly int _size;
    private readonly double[] _cosine;
    private readonly double[] _sine;
    private readonly int[] _reversed;
    private readonly double[] _re;
    private readonly double[] _im;

    public Fourier(int size)
    {
        _size = size;
        _re = new double[size];
        _im = new double[size];
        _cosine = [.. Enumerable.Range(0, size / 2).Select(i => Math.Cos(2 * Math.PI * i / size))];
        _sine = [.. Enumerable.Range(0, size / 2).Select(i => -Math.Sin(2 * Math.PI * i / size))];
        _reversed = new int[size];
        for (var i = 1; i < size; i++)
            _reversed[i] = (_reversed[i >> 1] >> 1) | ((i & 1) == 1 ? size >> 1 : 0);
    }

    /// <summary>Magnitudes of a sound's frames under a Hann window, [frames][size / 2 + 1], each over the sum of the window.</summary>
    /// <param name="samples">One channel.</param>
    /// <param name="size">Samples in a frame, a power of two.</param>
    /// <param name="hop">Samples from one frame to the next.</param>
    public static float[][] Spectra(float[] samples, int size, int hop)
    {
        var fourier = new Fourier(size);
        var window = Enumerable.Range(0, size).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / size))).ToArray();
        var spectra = new float[Math.Max(1, ((samples.Length - size) / hop) + 1)][];
        for (var f = 0; f < spectra.Length; f++)
            spectra[f] = fourier.Magnitudes(samples, f * hop, window);
        return spectra;
    }

    private float[] Magnitudes(float[] samples, int from, double[] window)
    {
        for (var i = 0; i < _size; i++)
        {
            _re[_reversed[i]] = from + i < samples.Length ? samples[from + i] * window[i] : 0;
            _im[_reversed[i]] = 0;
        }

        Transform();
        var magnitudes = new float[(_size / 2) + 1];
        for (var i = 0; i < magnitudes.Length; i++)
            magnitudes[i] = (float)(Math.Sqrt((_re[i] * _re[i]) + (_im[i] * _im[i])) * 2 / _size);
        return magnitudes;
    }

    private void Transform()
    {
        for (var span = 1; span < _size; span *= 2)
        {
            var step = _size / (2 * span);
            for (var from = 0; from < _size; from += 2 * span)
            {
                for (var i = 0; i < span; i++)
                {
                    var (c, s) = (_cosine[i * step], _sine[i * step]);
                    var (a, b) = (from + i, from + i + span);
                    var (x, y) = ((_re[b] * c) - (_im[b] * s), (_re[b] * s) + (_im[b] * c));
                    (_re[b], _im[b]) = (_re[a] - x, _im[a] - y);
                    _re[a] += x;
                    _im[a] += y;
                }
            }
        }
    }
}
