using System.CommandLine;
using System.Text.Json;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.DeleteUser;
using MusicGen.Application.Identity.VerifyReceipt;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The end of an account by an operator's hand, and the check of what is left of it.</summary>
internal static class DeletionCommands
{
    public static Command Delete(IReadOnlyDictionary<string, string> variables)
    {
        var user = new Argument<string>("user") { Description = "E-mail address or id." };
        var yes = new Option<bool>("--yes") { Description = "There is no way back: say that you mean it." };
        var command = new Command("delete", "Delete an account and everything in it; prints the receipt.") { user, yes };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(yes))
                result.AddError("This deletes the account, its music and its sessions for good. Add --yes.");
        });
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var receipt = await host.SendAsync(new DeleteUserCommand(parsed.GetRequiredValue(user)), ct);
            Console.WriteLine(JsonSerializer.Serialize(receipt, WireJson.Options));
            return Answer.Done;
        }, ct));
        return command;
    }

    public static Command VerifyReceipt(IReadOnlyDictionary<string, string> variables)
    {
        var command = new Command("verify-receipt", "Read the receipt of a deletion as JSON from standard input and say whether it is ours.");
        command.SetAction((_, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            await host.SendAsync(new VerifyReceiptQuery(Read(await Console.In.ReadToEndAsync(ct))), ct);
            Console.WriteLine("genuine");
            return Answer.Done;
        }, ct));
        return command;
    }

    // As the API's whole answer, or the receipt alone, which is what the page saves.
    private static DeletionReceipt Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var receipt = document.RootElement.TryGetProperty("receipt", out var inner) ? inner : document.RootElement;
            return receipt.Deserialize<DeletionReceipt>(WireJson.Options) ?? throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw CommandFailedException.Usage("This is no receipt: JSON with id, user_id, deleted_at, tasks, audio_files, audio_bytes, sessions, tokens and signature is.");
        }
    }
}
