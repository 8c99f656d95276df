namespace MusicGen.Infrastructure.Files;

/// <summary>A bucket that says no, says nothing, or breaks off. Trying again later can help.</summary>
internal sealed class FileStoreException : IOException
{
    public FileStoreException()
    {
    }

    public FileStoreException(string message)
        : base(message)
    {
    }

    public FileStoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the object, or what was asked for, isn't there.</summary>
    public bool IsMissing { get; init; }
}
