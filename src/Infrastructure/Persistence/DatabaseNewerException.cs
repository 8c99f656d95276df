namespace MusicGen.Infrastructure.Persistence;

/// <summary>The database has lost something that this program needs; the message says what to do.</summary>
public sealed class DatabaseNewerException : Exception
{
    public DatabaseNewerException(string message)
        : base(message)
    {
    }

    public DatabaseNewerException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public DatabaseNewerException()
        : this("The database belongs to a newer version of this program.")
    {
    }
}
