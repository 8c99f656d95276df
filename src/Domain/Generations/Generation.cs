using MusicGen.Domain.Identity;

namespace MusicGen.Domain.Generations;

/// <summary>
/// One task: Pending → Processing → Completed | Failed | Cancelled, or back to Pending when its worker died or couldn't make it; from Processing
/// and Failed also when an administrator has it tried again.
/// </summary>
public sealed class Generation
{
    /// <summary>How often a task is started before it is given up.</summary>
    public const int MaxAttempts = 3;

    /// <summary>A longer reason is cut.</summary>
    public const int MaxErrorMessageLength = 1000;

    private Generation()
    {
    }

    public Generation(
        GenerationId id, UserId userId, Tier tier, string prompt, double requestedSeconds, long seed, string model, string engine,
        bool neural, GenerationParameters parameters, string chargeId, DateTimeOffset now)
    {
        Id = id;
        UserId = userId;
        Tier = tier;
        Prompt = prompt;
        RequestedSeconds = requestedSeconds;
        Seed = seed;
        Model = model;
        Engine = new EngineRelease(engine);
        Neural = neural;
        Parameters = parameters;
        ChargeId = chargeId;
        CreatedAt = now;
    }

    public GenerationId Id { get; private set; }

    public UserId UserId { get; private set; }

    /// <summary>The owner's tier when the task was accepted: its queue.</summary>
    public Tier Tier { get; private set; }

    public Guid? BatchId { get; private set; }

    public GenerationStatus Status { get; private set; }

    public string Prompt { get; private set; } = string.Empty;

    public double RequestedSeconds { get; private set; }

    public long Seed { get; private set; }

    public string Model { get; private set; } = string.Empty;

    public EngineRelease Engine { get; private set; } = new(string.Empty);

    public bool Neural { get; private set; }

    public GenerationParameters Parameters { get; private set; } = new();

    /// <summary>What the quota ledger knows this task's charge by.</summary>
    public string ChargeId { get; private set; } = string.Empty;

    public string? IdempotencyKey { get; private set; }

    /// <summary>SHA-256 of the request that the key came with.</summary>
    public string? RequestHash { get; private set; }

    /// <summary>The lease of the worker that has it; a worker with an older one may not finish it.</summary>
    public long Lease { get; private set; }

    public int Attempts { get; private set; }

    public int StepsDone { get; private set; }

    public int StepsTotal { get; private set; }

    /// <summary>Words of the prompt that the engine understood.</summary>
    public IReadOnlyList<string> Understood { get; private set; } = [];

    /// <summary>Seconds of the real samples.</summary>
    public double? Duration { get; private set; }

    public int? SampleRate { get; private set; }

    public int? Channels { get; private set; }

    public string? ErrorCode { get; private set; }

    public string? ErrorMessage { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }

    public DateTimeOffset? CompletedAt { get; private set; }

    /// <summary>Counts every change; a writer that read an older one loses.</summary>
    public int Version { get; private set; }

    /// <summary>Seconds of audio that the steps done stand for.</summary>
    public double SecondsMade => StepsTotal == 0 ? 0 : RequestedSeconds * StepsDone / StepsTotal;

    /// <summary>Whether it ended without anything to pay for: a failure, or a cancel before the start.</summary>
    public bool IsFree => Status == GenerationStatus.Failed || (Status == GenerationStatus.Cancelled && StartedAt is null);

    public bool IsFinished => Status is GenerationStatus.Completed or GenerationStatus.Failed or GenerationStatus.Cancelled;

    public void JoinBatch(Guid batchId) => BatchId = batchId;

    public void NameRequest(string idempotencyKey, string requestHash)
    {
        IdempotencyKey = idempotencyKey;
        RequestHash = requestHash;
    }

    /// <summary>
    /// Lets the key name a new request; keys are kept for a day. The charge that went by the key's name is older than
    /// the windows it counted in, so the name passes to the new request.
    /// </summary>
    public void ForgetRequestName()
    {
        IdempotencyKey = null;
        ChargeId = Id.ToString();
        Version++;
    }

    /// <summary>Starts it under a lease; false when it isn't waiting, or a newer lease has it.</summary>
    public bool Start(long lease, DateTimeOffset now)
    {
        if (Status != GenerationStatus.Pending || lease <= Lease)
            return false;
        Status = GenerationStatus.Processing;
        Lease = lease;
        Attempts++;
        StartedAt = now;
        Version++;
        return true;
    }

    /// <summary>Ends it well; false when this lease no longer has it. The engine is the one that made it: nodes have different ones for a model.</summary>
    public bool Complete(
        long lease, double seconds, int sampleRate, int channels, int steps, IReadOnlyList<string> understood, int? engineVersion, DateTimeOffset now,
        string? engine = null)
    {
        if (!IsRunningUnder(lease))
            return false;
        Status = GenerationStatus.Completed;
        Duration = seconds;
        SampleRate = sampleRate;
        Channels = channels;
        StepsDone = StepsTotal = steps;
        Understood = understood;
        Engine = new EngineRelease(engine ?? Engine.Name, engineVersion);
        CompletedAt = now;
        Version++;
        return true;
    }

    /// <summary>Ends it with a reason that people may read; false when it is finished already or another lease has it.</summary>
    public bool Fail(long lease, string code, string message, DateTimeOffset now)
    {
        if (IsFinished || (Status == GenerationStatus.Processing && lease != Lease))
            return false;
        Status = GenerationStatus.Failed;
        ErrorCode = code;
        ErrorMessage = message.Length <= MaxErrorMessageLength ? message : message[..MaxErrorMessageLength];
        CompletedAt = now;
        Version++;
        return true;
    }

    /// <summary>Stops it; false when it is finished already.</summary>
    public bool Cancel(int stepsDone, int stepsTotal, DateTimeOffset now)
    {
        if (IsFinished)
            return false;
        Status = GenerationStatus.Cancelled;
        StepsDone = stepsDone;
        StepsTotal = stepsTotal;
        CompletedAt = now;
        Version++;
        return true;
    }

    /// <summary>Puts it back after its worker died, or couldn't make it; false when it has been tried often enough or isn't running.</summary>
    public bool Requeue(long lease)
    {
        if (!IsRunningUnder(lease) || Attempts >= MaxAttempts)
            return false;
        Status = GenerationStatus.Pending;
        StartedAt = null;
        Version++;
        return true;
    }

    /// <summary>Puts it back because the worker's process stops in good order, which isn't the task's fault and costs no attempt.</summary>
    public bool PutBack(long lease)
    {
        if (!IsRunningUnder(lease))
            return false;
        Status = GenerationStatus.Pending;
        StartedAt = null;
        Attempts--;
        Version++;
        return true;
    }

    /// <summary>
    /// Has it made from the beginning, with all its attempts before it, because an administrator says so: after a failure, or
    /// away from the worker that has it, which can't finish it any more. False where it waits already, or needs no other try.
    /// </summary>
    public bool TryAgain()
    {
        if (Status is not (GenerationStatus.Processing or GenerationStatus.Failed))
            return false;
        Status = GenerationStatus.Pending;
        Attempts = 0;
        (ErrorCode, ErrorMessage) = (null, null);
        (StartedAt, CompletedAt) = (null, null);
        Version++;
        return true;
    }

    private bool IsRunningUnder(long lease) => Status == GenerationStatus.Processing && lease == Lease;
}
