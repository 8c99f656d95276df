namespace MusicGen.Programs;

/// <summary>So many clients that ask again as soon as they are answered.</summary>
internal interface ILoad : IDisposable
{
    /// <summary>The bytes of one answer's body.</summary>
    byte[] LastBody { get; }

    /// <returns>Answers a second.</returns>
    double Run(TimeSpan length);
}
