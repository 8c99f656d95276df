using System.CommandLine;
using System.Globalization;
using FluentValidation;
using MusicGen.Application;
using MusicGen.Application.Generations;
using MusicGen.Application.Identity.Register;
using MusicGen.Infrastructure.Identity;
using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The lists of passwords that others have lost: needs no secret, Redis or database.</summary>
internal static class PasswordsCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables) =>
        new("passwords", "Build a list of breached passwords, and ask whether a password would be refused.") { Build(), Check(variables) };

    private static Command Build()
    {
        var list = new Argument<string>("list") { Description = "A text file: a password a line, or SHA1:COUNT as Have I Been Pwned has it." };
        var output = new Option<string>("--out") { Required = true, Description = "The file to write, for BREACHED_PASSWORDS_FILE.", HelpName = "FILE" };
        var command = new Command("build", "Make a filter of a list.") { list, output };
        command.SetAction(async (parsed, ct) =>
        {
            var (source, file) = (Path.GetFullPath(parsed.GetRequiredValue(list)), Path.GetFullPath(parsed.GetRequiredValue(output)));
            if (Directory.Exists(file) || !Directory.Exists(Path.GetDirectoryName(file)))
                throw new CommandFailedException($"{file} can't be written: {(Directory.Exists(file) ? "it is a folder" : "its folder doesn't exist")}.");
            var (items, bytes) = await StepsOnConsole.ShowAsync("Building", progress => Task.FromResult(Made(source, file, progress, ct)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}: {items} entries, {bytes} bytes"));
            return Answer.Done;
        });
        return command;
    }

    private static (long Items, long Bytes) Made(string list, string file, IProgress<StepsDone> progress, CancellationToken ct)
    {
        try
        {
            return PasswordFilterBuilder.Build(list, file, progress, ct);
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException($"{list} can't be used: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private static Command Check(IReadOnlyDictionary<string, string> variables)
    {
        var email = new Option<string>("--email") { Description = "Whose password it would be.", DefaultValueFactory = _ => string.Empty, HelpName = "E" };
        var username = new Option<string>("--username") { Description = "Whose password it would be.", DefaultValueFactory = _ => string.Empty, HelpName = "U" };
        var command = new Command("check", "Read a password from one line of standard input and say whether it would be refused, and why.") { email, username };
        command.SetAction(async (parsed, ct) =>
        {
            var settings = ServiceSettings.Read(variables, SettingsNeed.Passwords, TimeProvider.System.GetUtcNow());
            var password = await Console.In.ReadLineAsync(ct) ?? throw CommandFailedException.Usage("There is no password on standard input.");
            await using var services = new ServiceCollection()
                .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.Values).Build())
                .AddApplication().AddBreachedPasswords().BuildServiceProvider();

            // The rules themselves and no copy of them: what registering would say of its password.
            await using var scope = services.CreateAsyncScope();
            var register = new RegisterCommand(parsed.GetRequiredValue(email), parsed.GetRequiredValue(username), password);
            var judged = await scope.ServiceProvider.GetRequiredService<IValidator<RegisterCommand>>().ValidateAsync(register, ct);
            var reasons = judged.Errors.Where(e => e.PropertyName == nameof(RegisterCommand.Password)).Select(e => e.ErrorMessage).ToList();
            Console.WriteLine(reasons.Count == 0 ? "Taken." : $"Refused: {string.Join(' ', reasons)}");
            return reasons.Count == 0 ? Answer.Done : Answer.Failure;
        });
        return command;
    }
}
