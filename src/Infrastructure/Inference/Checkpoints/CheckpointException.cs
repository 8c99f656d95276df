namespace MusicGen.Infrastructure.Inference.Checkpoints;

/// <summary>A model's files aren't what they should be. The message names file and fault, never a path, and may be shown to people.</summary>
internal sealed class CheckpointException : Exception
{
    public CheckpointException()
    {
    }

    public CheckpointException(string message)
        : base(message)
    {
    }

    public CheckpointException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
