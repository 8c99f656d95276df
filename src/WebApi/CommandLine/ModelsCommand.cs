using System.CommandLine;
using System.Globalization;
using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.WebApi.CommandLine.Models;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Hosting;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The models of this machine: what there is, bringing more, checking them.</summary>
internal static class ModelsCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables) =>
        new("models", "List, pull, accept and verify models.") { List(variables), Pull(variables), Accept(variables), Verify(variables) };

    private static Command List(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("list", "What this machine makes music with, and the folders of models found.");
        command.SetAction(async (_, _) =>
        {
            await using var services = Engines(variables);
            foreach (var model in services.GetRequiredService<IMusicGenerator>().Models)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{model.Id}\t{model.Engine}\t{(model.Neural ? "neural" : "not neural")}\t{string.Join('/', model.SampleRates)} Hz\t{model.Channels} channels\tup to {model.MaxSeconds} s\t{model.Licence}\t{string.Join(' ', model.Supports)}"));
            }

            foreach (var installed in services.GetRequiredService<InstalledModels>().All.Where(m => m.Problem is not null))
                Console.WriteLine($"{installed.Id}\tnot offered\t{installed.Licence}\t{installed.Problem}");

            return Answer.Done;
        });
        return command;
    }

    private static Command Pull(IReadOnlyDictionary<string, string> variables)
    {
        var id = new Argument<string>("id") { Description = "As in facebook/musicgen-small." };
        id.Validators.Add(result =>
        {
            var parts = (result.GetValueOrDefault<string>() ?? string.Empty).Split('/');
            if (parts.Length != 2 || parts.Any(p => p.Length == 0 || p.StartsWith('.') || !p.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
                result.AddError("A model's id is OWNER/NAME, as in facebook/musicgen-small.");
        });
        var revision = new Option<string>("--revision") { Description = "Branch, tag or commit.", DefaultValueFactory = _ => "main", HelpName = "R" };
        var accept = new Option<bool>("--accept-license") { Description = "Accept the licence without being asked." };
        var command = new Command("pull", "Download a model; an interrupted download goes on where it stopped.") { id, revision, accept };
        command.SetAction(async (parsed, ct) =>
        {
            var settings = Settings(variables);
            var name = parsed.GetRequiredValue(id);
            using var hub = new ModelHub(new Uri((settings["Inference:HubEndpoint"] ?? ModelHub.Default) + "/"), new HubHosts(settings["Inference:HubDownloadHosts"]));
            var repository = await hub.DescribeAsync(name, parsed.GetRequiredValue(revision), ct);
            await AcceptAsync(repository.Licence, name, parsed.GetValue(accept), ct);

            if (settings["Inference:ModelPath"] is null)
                DataFolder.Open(settings);
            var folder = Path.Combine(Folders(settings)[0], name);
            Directory.CreateDirectory(folder);
            await StepsOnConsole.ShowAsync(name, async progress =>
            {
                await new ModelPull(hub, folder).RunAsync(name, repository, TimeProvider.System.GetUtcNow(), progress, ct);
                return true;
            });
            Console.WriteLine(folder);
            return Answer.Done;
        });
        return command;
    }

    private static Command Verify(IReadOnlyDictionary<string, string> variables)
    {
        var model = new Argument<string>("id-or-folder") { Description = "A model that was pulled, or its folder." };
        var command = new Command("verify", "Check sizes and hashes against what was pulled.") { model };
        command.SetAction(async (parsed, ct) =>
        {
            var name = parsed.GetRequiredValue(model);
            await using var services = Engines(variables);
            if (services.GetRequiredService<IMusicGenerator>().Find(name) is { Neural: false } builtIn)
            {
                Console.WriteLine($"{builtIn.Id} is part of this program: it has no files to verify");
                return Answer.Done;
            }

            var folder = Folders(Settings(variables)).Select(f => Path.Combine(f, name)).Prepend(Path.GetFullPath(name)).FirstOrDefault(Directory.Exists)
                ?? throw new CommandFailedException($"There is no model {name} on this machine. See: models list");
            var manifest = await ModelManifest.ReadAsync(folder, ct)
                ?? throw new CommandFailedException($"{folder} has no {ModelManifest.FileName}: it wasn't pulled by this program.");
            var faults = await manifest.FaultsAsync(folder, ct);
            if (faults.Count > 0)
                return Answer.Refuse(faults);
            Console.WriteLine($"{manifest.Id}: {manifest.Files.Count} files, as pulled");
            return Answer.Done;
        });
        return command;
    }

    private static Command Accept(IReadOnlyDictionary<string, string> variables)
    {
        var model = new Argument<string>("id") { Description = "A model of `models list` that was put there by hand." };
        var accept = new Option<bool>("--accept-license") { Description = "Accept the licence without being asked." };
        var command = new Command("accept", "Accept a model's licence, and note the hashes of its files.") { model, accept };
        command.SetAction(async (parsed, ct) =>
        {
            var name = parsed.GetRequiredValue(model);
            await using var services = Engines(variables);
            var installed = services.GetRequiredService<InstalledModels>().All.FirstOrDefault(m => m.Id == name)
                ?? throw new CommandFailedException($"There is no model {name} on this machine. See: models list");
            await AcceptAsync(installed.Licence, name, parsed.GetValue(accept), ct);
            var manifest = await ModelManifest.ReadAsync(installed.Path, ct) ?? await ModelManifest.OfFolderAsync(installed.Path, name, installed.Licence, ct);
            await (manifest with { LicenceAcceptedAt = TimeProvider.System.GetUtcNow() }).WriteAsync(installed.Path, ct);
            Console.WriteLine($"{name}: {installed.Licence} is accepted");
            return Answer.Done;
        });
        return command;
    }

    private static ServiceProvider Engines(IReadOnlyDictionary<string, string> variables) =>
        new ServiceCollection().AddMusicEngines(InferenceSettings.Of(Settings(variables))).BuildServiceProvider();

    private static ServiceSettings Settings(IReadOnlyDictionary<string, string> variables) =>
        ServiceSettings.Read(variables, SettingsNeed.Music, TimeProvider.System.GetUtcNow());

    private static string[] Folders(ServiceSettings settings) =>
        (settings["Inference:ModelPath"] ?? Path.Combine(DataFolder.Locate(settings), "models")).Split(',');

    private static async Task AcceptAsync(string licence, string model, bool accepted, CancellationToken ct)
    {
        Console.Error.WriteLine($"{model} is licensed under {licence}{(ModelLicence.ForbidsCommerce(licence) ? ", which forbids commercial use" : string.Empty)}.");
        if (accepted)
            return;
        if (Console.IsInputRedirected)
            throw new CommandFailedException("Accept the licence by --accept-license.");
        await Console.Error.WriteAsync("Accept? [y/N] ");
        if ((await Console.In.ReadLineAsync(ct))?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
            throw new CommandFailedException("Not pulled.");
    }
}
