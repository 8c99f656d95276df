namespace MusicGen.Domain.Generations;

public static class GenerationErrors
{
    /// <summary>A task's <c>error.code</c> when its engine gave up.</summary>
    public const string EngineFailed = "generation.engine_failed";

    /// <summary>A task's <c>error.code</c> when its workers died too often.</summary>
    public const string Interrupted = "generation.interrupted";

    public static readonly Error NotFound =
        new("generation.not_found", "There is no such task.", ErrorKind.NotFound);

    public static readonly Error BatchNotFound =
        new("batch.not_found", "There is no such batch.", ErrorKind.NotFound);

    public static readonly Error NotCompleted =
        new("generation.not_completed", "This task has no audio yet. Follow its events until it is completed.", ErrorKind.Conflict);

    public static readonly Error EndedWithoutAudio =
        new("generation.not_completed", "This task ended without audio. Its status and error say why.", ErrorKind.Conflict);

    public static readonly Error NotToBeTriedAgain =
        new("generation.not_failed", "Only a task that failed or runs can be tried again. This one is completed or was cancelled: its owner can ask for it anew.", ErrorKind.Conflict);

    public static readonly Error StreamNeedsFixedGain =
        new("generation.stream_needs_fixed_gain", "The level of this task is set by the whole of its sound, so it can't be heard before that is made. Ask with \"normalize\": \"none\", or take its audio when it is completed.", ErrorKind.Unprocessable);

    public static readonly Error SourceGone =
        new("generation.no_score", "A piece that this one goes on from was deleted, so its score can't be composed again.", ErrorKind.Unprocessable);

    public static readonly Error ScoreOutdated =
        new("generation.score_outdated", "This piece was composed by another version of the composer; this one would write other notes. Its audio stays as it is.", ErrorKind.Unprocessable);

    public static readonly Error StemsBusy =
        Error.Unavailable("Too many stems are being made. Try again in a moment.", TimeSpan.FromSeconds(10));

    public static readonly Error IdempotencyMismatch =
        new("idempotency.mismatch", "This Idempotency-Key was used with another body. Use a new key for a new request.", ErrorKind.Unprocessable);

    public static readonly Error FormatUnavailable =
        new("audio.format_unavailable", "This server can't encode that format. Ask for wav.", ErrorKind.Unprocessable);

    public static readonly Error AudioUnreadable =
        Error.Unavailable("The audio can't be read at the moment. Try again.", TimeSpan.FromSeconds(5));

    public static readonly Error NoWorkers =
        Error.Unavailable("No node that makes music is running at the moment. Try again in a moment.", TimeSpan.FromSeconds(10));

    public static readonly Error StreamsExceeded =
        new("rate_limit.exceeded", "You have too many streams open. Close one first.", ErrorKind.Throttled)
        {
            RetryAfter = TimeSpan.FromSeconds(15),
        };

    public static Error ModelNotFound(string? id) =>
        new("model.not_found", $"There is no model \"{id}\" here. GET /api/v1/models lists them.", ErrorKind.NotFound)
        {
            Fields = new Dictionary<string, string[]> { ["model"] = ["There is no such model here."] },
        };

    public static Error UnsupportedField(string field, string model) =>
        new("generation.unsupported_field", $"The model {model} can't honour \"{field}\". GET /api/v1/models lists what it supports.", ErrorKind.Unprocessable)
        {
            Fields = new Dictionary<string, string[]> { [field] = [$"Not supported by {model}."] },
        };

    public static Error Noncommercial(string model) =>
        new("model.noncommercial", $"The licence of {model} forbids commercial use, so it serves the free tier only. Choose another model.", ErrorKind.Unprocessable)
        {
            Fields = new Dictionary<string, string[]> { ["model"] = ["Its licence forbids commercial use."] },
        };

    public static Error TooManySources(int most) =>
        new("generation.no_score", $"A piece goes on from at most {most} others, one after another, because all are composed again.", ErrorKind.Unprocessable);

    public static Error NoScore(string model) =>
        new("generation.no_score", $"{model} makes sound without a score, so there are no notes or stems of it.", ErrorKind.Unprocessable);

    public static Error QueueFull(TimeSpan retryAfter) =>
        new("generation.queue_full", "Too many tasks are waiting. Try again later.", ErrorKind.Unavailable) { RetryAfter = retryAfter };

    public static Error StillEncoding(TimeSpan retryAfter) =>
        Error.Unavailable("The file is still being encoded. Try again in a moment.", retryAfter);

    public static Error EncodersBusy(TimeSpan retryAfter) =>
        Error.Unavailable("All encoders are busy. Try again in a moment, or ask for wav.", retryAfter);
}
