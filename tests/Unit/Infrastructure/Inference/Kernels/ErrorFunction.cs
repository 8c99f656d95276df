namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

/// <summary>erf in double, by a series whose parts all have the same sign: 2/√π · e^-z² · Σ 2ⁿ z²ⁿ⁺¹ / (2n+1)!! (DLMF 7.6.2).</summary>
internal static class ErrorFunction
{
    /// <summary>x/2 · (1 + erf(x/√2)).</summary>
    public static double Gelu(double x) => x / 2 * (1 + Of(x / Math.Sqrt(2)));

    public static double Of(double z)
    {
        if (Math.Abs(z) > 6)
            return Math.Sign(z); // within 1e-16
        var (part, sum) = (z, z);
        for (var n = 1; Math.Abs(part) > 1e-18 * Math.Abs(sum); n++)
        {
            part *= 2 * z * z / ((2 * n) + 1);
            sum += part;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
    }
}
