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
    private readonly float[] _sorted = new float[cardinality];

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

    private float KthLargest(int k)
    {
        _scores.CopyTo(_sorted, 0);
        Array.Sort(_sorted);
        return _sorted[cardinality - k];
    }

    // The least score that stays: from the least on, those whose sum doesn't pass 1 - p go; the best always stays.
    private float NucleusFloor(double topP)
    {
        _scores.CopyTo(_sorted, 0);
        Array.Sort(_sorted);
        var max = _sorted[^1];
        var total = 0.0;
        foreach (var score in _sorted)
            total += Math.Exp(score - max);
        var sum = 0.0;
        for (var i = 0; i < cardinality - 1; i++)
        {
            sum += Math.Exp(_sorted[i] - max) / total;
            if (sum > 1 - topP)
                return _sorted[i];
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
            total += Math.Exp(_scores[i] - max);
        var (sum, last) = (0.0, 0);
        for (var i = 0; i < cardinality; i++)
        {
            var weight = Math.Exp(_scores[i] - max);
            if (weight == 0)
                continue;
            sum += weight;
            last = i;
            if (sum > uniform * total)
                return i;
        }

        return last;
    }
}
