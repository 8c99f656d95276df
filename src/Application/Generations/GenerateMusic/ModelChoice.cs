using Microsoft.EntityFrameworkCore;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.GenerateMusic;

/// <summary>Which model makes a request's music, and whether it and the earlier tasks that it goes on from allow it.</summary>
internal sealed class ModelChoice(IModelCatalogue catalogue, IMusicGenDbContext db, TaskRequests requests, ICurrentUser caller)
{
    /// <summary>The model, or why the request can't be honoured.</summary>
    public async Task<Result<MusicModel>> ChooseAsync(GenerateMusicCommand command, CancellationToken ct)
    {
        if (catalogue.Models.Count == 0)
            return GenerationErrors.NoWorkers;
        // 404, as clients of comparable services expect of a model that isn't there.
        if (Find(command.Model) is not { } model)
            return GenerationErrors.ModelNotFound(command.Model);
        if (!model.Serves(caller.Tier))
            return GenerationErrors.Noncommercial(model.Id);
        var refusal = ModelSupport.Refusal(command, model) ?? await SourceRefusalAsync(command, model, ct);
        return refusal is null ? model : refusal;
    }

    // Who names no model gets the best one that is theirs to use.
    private MusicModel? Find(string? id) =>
        id is null ? catalogue.Models.FirstOrDefault(m => m.Serves(caller.Tier)) : catalogue.Find(id);

    // The caller's own, with audio, and shorter than what is asked for.
    private async Task<Error?> SourceRefusalAsync(GenerateMusicCommand command, MusicModel model, CancellationToken ct)
    {
        var user = caller.Required;
        foreach (var source in new[] { command.ContinueFrom, command.MelodyFrom }.OfType<string>())
        {
            if (!GenerationId.TryParse(source, out var id))
                return GenerationErrors.NotFound;
            var found = await db.Generations.AsNoTracking().SingleOrDefaultAsync(g => g.UserId == user && g.Id == id, ct);
            if (found is null)
                return GenerationErrors.NotFound;
            if (found.Status != GenerationStatus.Completed)
                return GenerationErrors.NotCompleted;
            if (!model.Neural && await WhyNoScoreAsync(found, model, ct) is { } reason)
                return NoScoreToTake(source == command.ContinueFrom ? "continue_from" : "melody_from", model, reason);
            if (source == command.ContinueFrom && found.Duration >= command.Seconds)
                return Error.Invalid("duration", "'duration' is the whole, the given part included, so it must be longer than that.");
        }

        return null;
    }

    private async Task<string?> WhyNoScoreAsync(Generation source, MusicModel model, CancellationToken ct)
    {
        if (source.Neural)
            return $"{model.Id} composes from scores, and that task's engine wrote none.";
        if (source.Engine.Version != model.EngineVersion)
            return GenerationErrors.ScoreOutdated.Message;
        return (await requests.WhyNoSourceAsync(source, ct))?.Message;
    }

    private static Error NoScoreToTake(string field, MusicModel model, string reason) => GenerationErrors.UnsupportedField(field, model.Id) with
    {
        Fields = new Dictionary<string, string[]> { [field] = [reason] },
    };
}
