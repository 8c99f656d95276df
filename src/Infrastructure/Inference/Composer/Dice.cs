namespace MusicGen.Infrastructure.Inference.Composer;

/// <summary>
/// One stream of chance with one purpose. The seed is the generator's key; the words of the request and the purpose
/// are the upper part of the counter, so that a draw added to the drums never changes the melody.
/// </summary>
internal sealed class Dice
{
    private readonly ulong _seed;
    private readonly uint _text;
    private readonly uint _purpose;
    private readonly uint _purposeHigh;
    private uint _next;

    public Dice(long seed, string text, string purpose)
        : this((ulong)seed, (uint)Hash(text) ^ (uint)(Hash(text) >> 32), Hash(purpose))
    {
    }

    private Dice(ulong seed, uint text, ulong purpose)
    {
        _seed = seed;
        _text = text;
        _purpose = (uint)purpose;
        _purposeHigh = (uint)(purpose >> 32);
    }

    /// <summary>A stream of its own for a part of this purpose, independent of how many draws were made here.</summary>
    public Dice For(string part) => new(_seed, _text, Hash(part) ^ System.Numerics.BitOperations.RotateLeft(((ulong)_purposeHigh << 32) | _purpose, 23));

    public Dice For(int part) => For(part.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public uint NextUInt() => Philox.Block(_next++, _purpose, _purposeHigh, _text, (uint)_seed, (uint)(_seed >> 32)).A;

    /// <summary>Uniform in [0, 1).</summary>
    public double Next() => NextUInt() * (1.0 / 4294967296.0);

    public double Between(double low, double high) => low + ((high - low) * Next());

    /// <summary>Uniform in 0…<paramref name="count"/>-1.</summary>
    public int Below(int count) => (int)(((ulong)NextUInt() * (uint)count) >> 32);

    public bool Chance(double probability) => Next() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>An index, in proportion to its weight.</summary>
    public int Weighted(ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        foreach (var w in weights)
            sum += w;
        var x = Next() * sum;
        for (var i = 0; i < weights.Length; i++)
        {
            x -= weights[i];
            if (x < 0)
                return i;
        }

        return weights.Length - 1;
    }

    /// <summary>Roughly normal with deviation 1, within ±3: the sum of uniforms, which no library rounds differently.</summary>
    public double Bell() => (Next() + Next() + Next() + Next() - 2) * 1.7320508;

    /// <summary>FNV-1a over UTF-16: string.GetHashCode differs from process to process.</summary>
    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
            hash = (hash ^ c) * 1099511628211UL;
        return hash ^ (hash >> 29);
    }
}
