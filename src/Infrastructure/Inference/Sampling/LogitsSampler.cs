namespace MusicGen.Infrastructure.Inference.Sampling;

/// <summary>How codes are chosen.</summary>
/// <param name="IsGreedy">Takes the likeliest; the rest is then without meaning.</param>
/// <param name="Temperature">Above 0; below 1 sharpens.</param>
/// <param name="TopK">Only so many of the likeliest; 0 for all.</param>
/// <param name="TopP">Only the likeliest that make up this probability; 0 or 1 for all.</param>
/// <param name="GuidanceScale">At least 1; 1 is no guidance.</param>
internal sealed record SamplingSettings(bool IsGreedy, double Temperature, int TopK, double TopP, double GuidanceScale);

/// <summary>Draws a code from its scores: guidance, temperature, top-k, top-p, softmax, in the order of Hugging Face's generate.</summary>
/// <param name="cardinality">Scores of a codebook.</param>
internal sealed class LogitsSampler(int cardinality)
{
    private readonly float[] _scores = new float[cardinality];
    private readonly float[] _ordered = new float[cardinality];
    private readonly double[] _weights = new double[cardinality];

    /// <summary>Chooses.</summary>
    /// <param name="conditional">Scores given the text.</param>
    /// <param name="unconditional">Scores without it; empty without guidance.</param>
    /// <param name="settings">How.</param>
    /// <param name="uniform">From 0 up to but not 1, drawn for this place.</param>
    public int Choose(ReadOnlySpan<float> conditional, ReadOnlySpan<float> unconditional, SamplingSettings settings, double uniform)
    {
        conditional.CopyTo(_scores);
        if (!unconditional.IsEmpty)
        {
            var scale = (float)settings.GuidanceScale;
            for (var i = 0; i < cardinality; i++)
                _scores[i] = unconditional[i] + (scale * (conditional[i] - unconditional[i]));
        }

        if (settings.IsGreedy)
            return Likeliest();

        var temperature = (float)settings.Temperature;
        for (var i = 0; i < cardinality; i++)
            _scores[i] /= temperature;
        if (settings.TopK > 0 && settings.TopK < cardinality)
            KeepFrom(KthLargest(settings.TopK));
        if (settings.TopP is > 0 and < 1)
            KeepFrom(NucleusFloor(settings.TopP));
        return Draw(uniform);
    }

    private int Likeliest()
    {
        var best = 0;
        for (var i = 1; i < cardinality; i++)
        {
            if (_scores[i] > _scores[best])
                best = i;
        }

        return best;
    }

    // Hoare's selection: the whole order of thousands of scores isn't needed to know where the k-th lies.
    private float KthLargest(int k)
    {
        var ordered = _ordered;
        for (var i = 0; i < cardinality; i++)
            ordered[i] = float.IsNaN(_scores[i]) ? float.NegativeInfinity : _scores[i]; // so that every two can be compared
        var (wanted, low, high) = (cardinality - k, 0, cardinality - 1);
        while (low < high)
        {
            var pivot = Middle(ordered[low], ordered[(low + high) / 2], ordered[high]);
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (ordered[i] < pivot)
                    i++;
                while (ordered[j] > pivot)
                    j--;
                if (i > j)
                    break;
                (ordered[i], ordered[j]) = (ordered[j], ordered[i]);
                (i, j) = (i + 1, j - 1);
            }

            if (wanted > j && wanted < i)
                break;
            (low, high) = wanted <= j ? (low, j) : (i, high);
        }

        return ordered[wanted];
    }

    private static float Middle(float a, float b, float c) => MathF.Max(MathF.Min(a, b), MathF.Min(MathF.Max(a, b), c));

    // The least score that stays: from the least on, those whose sum doesn't pass 1 - p go; the best always stays.
    private float NucleusFloor(double topP)
    {
        var count = 0;
        foreach (var score in _scores)
        {
            if (score != float.NegativeInfinity)
                _ordered[count++] = score;
        }

        if (count == 0)
            return float.NegativeInfinity;
        _ordered.AsSpan(0, count).Sort();
        var max = _ordered[count - 1];
        var total = 0.0;
        for (var i = 0; i < count; i++)
            total += _weights[i] = Math.Exp(_ordered[i] - max);
        var sum = 0.0;
        for (var i = 0; i < count - 1; i++)
        {
            sum += _weights[i] / total;
            if (sum > 1 - topP)
                return _ordered[i];
        }

        return max;
    }

    private void KeepFrom(float least)
    {
        for (var i = 0; i < cardinality; i++)
        {
            if (_scores[i] < least)
                _scores[i] = float.NegativeInfinity;
        }
    }

    private int Draw(double uniform)
    {
        var max = _scores[Likeliest()];
        var total = 0.0;
        for (var i = 0; i < cardinality; i++)
        {
            _weights[i] = _scores[i] == float.NegativeInfinity ? 0 : Math.Exp(_scores[i] - max);
            total += _weights[i];
        }

        var (sum, last) = (0.0, 0);
        for (var i = 0; i < cardinality; i++)
        {
            if (_weights[i] == 0)
                continue;
            sum += _weights[i];
            last = i;
            if (sum > uniform * total)
                return i;
        }

        return last;
    }
}
