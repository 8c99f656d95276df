namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>Work in parts that don't wait for each other.</summary>
internal interface ITeamWork
{
    /// <summary>Does one part; must not throw.</summary>
    /// <param name="part">From 0.</param>
    /// <param name="member">Which thread it is, from 0, for room of its own.</param>
    void Do(int part, int member);
}
