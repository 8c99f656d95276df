using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Quotas;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Quotas;

namespace MusicGen.Application.Generations.GenerateMusic;

/// <summary>Accepts work: the task waits in its queue when this returns. Null where the caller said nothing.</summary>
[AuditAction("generations.generate")]
public sealed record GenerateMusicCommand : ICommand<GenerationView>, IConsumesQuota
{
    public string? Prompt { get; init; }

    /// <summary>Seconds.</summary>
    public double? Duration { get; init; }

    public string? Model { get; init; }

    public long? Seed { get; init; }

    public double? Temperature { get; init; }

    public int? TopK { get; init; }

    public double? TopP { get; init; }

    public double? GuidanceScale { get; init; }

    public bool? DoSample { get; init; }

    public string? NegativePrompt { get; init; }

    public string? Genre { get; init; }

    public string? Mood { get; init; }

    /// <summary>Beats per minute.</summary>
    public double? Tempo { get; init; }

    public string? Key { get; init; }

    public IReadOnlyList<string>? Instruments { get; init; }

    /// <summary>In hertz.</summary>
    public int? SampleRate { get; init; }

    /// <summary>A task's id.</summary>
    public string? ContinueFrom { get; init; }

    /// <summary>A task's id.</summary>
    public string? MelodyFrom { get; init; }

    public string? Normalize { get; init; }

    /// <summary>The caller's own name of this request: the same name within a day is the same task.</summary>
    [JsonIgnore]
    public string? IdempotencyKey { get; init; }

    [JsonIgnore]
    public Guid? BatchId { get; init; }

    /// <summary>The id of the task if this becomes one; a copy made by <c>with</c> is the same request.</summary>
    internal GenerationId TaskId { get; } = new(Guid.CreateVersion7());

    // The field wins over the words; a length that neither names is the usual one.
    internal double Seconds => Duration ?? SpokenDuration.ForRequest(Prompt) ?? ClipDuration.DefaultSeconds;

    [JsonIgnore]
    public QuotaCharge Charge => new(ChargeId, Seconds);

    // A repeated request has the same key and body and so the same charge, which is taken once. Another body under the key is
    // another charge: else the one that is refused would take the other's along, or a minute be made for a second's price.
    internal string ChargeId => IdempotencyKey is { } key
        ? $"key:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{RequestHash}:{key}")))}"
        : TaskId.ToString();

    /// <summary>SHA-256 of everything that was asked for.</summary>
    internal string RequestHash => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this)));

    public override string ToString() => nameof(GenerateMusicCommand); // keeps the prompt out of every log

    internal Generation ToTask(UserId user, Tier tier, MusicModel model, DateTimeOffset now)
    {
        var seed = Seed ?? DrawSeed();
        var task = new Generation(
            TaskId, user, tier, Prompt!, Seconds, seed, model.Id, model.Engine, model.Neural, Parameters(), ChargeId, now);
        if (BatchId is { } batch)
            task.JoinBatch(batch);
        if (IdempotencyKey is { } key)
            task.NameRequest(key, RequestHash);
        return task;
    }

    private GenerationParameters Parameters() => new()
    {
        Temperature = Temperature,
        TopK = TopK,
        TopP = TopP,
        GuidanceScale = GuidanceScale,
        DoSample = DoSample,
        NegativePrompt = NegativePrompt,
        Genre = Genre,
        Mood = Mood,
        Tempo = Tempo,
        Key = Key,
        Instruments = Instruments,
        SampleRate = SampleRate,
        ContinueFrom = ContinueFrom,
        MelodyFrom = MelodyFrom,
        Normalize = Normalize,
    };

    // Below 2^53, so that JavaScript reads back the seed it was given.
    private static long DrawSeed()
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToInt64(bytes) & ((1L << 53) - 1);
    }
}
