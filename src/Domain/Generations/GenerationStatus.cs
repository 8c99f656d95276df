namespace MusicGen.Domain.Generations;

public enum GenerationStatus
{
    Pending = 0,
    Processing = 1,
    Completed = 2,
    Failed = 3,
    Cancelled = 4,
}
