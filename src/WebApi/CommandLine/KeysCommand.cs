using System.CommandLine;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.ListKeys;
using MusicGen.Application.Identity.ResealKeys;
using MusicGen.Application.Identity.RevokeKey;
using MusicGen.Application.Identity.RotateKeys;

namespace MusicGen.WebApi.CommandLine;

/// <summary>The keys that sign access tokens.</summary>
internal static class KeysCommand
{
    public static Command Create(IReadOnlyDictionary<string, string> variables)
    {
        var kid = new Argument<string>("kid") { Description = "The key's id." };
        return new Command("keys", "Rotate and revoke the keys that sign access tokens.")
        {
            Command("rotate", "Announce a new key; it signs once every node knows it.", variables, async (host, _, ct) => Show((await host.SendAsync(new RotateKeysCommand(), ct)).Key)),
            Command("list", "List the keys: id, state, since when.", variables, async (host, _, ct) =>
            {
                foreach (var key in (await host.SendAsync(new ListKeysQuery(), ct)).Items)
                    Show(key);
            }),
            Command("revoke", "End a key and every token that it signed.", variables, async (host, parsed, ct) =>
            {
                await host.SendAsync(new RevokeKeyCommand(parsed.GetRequiredValue(kid)), ct);
                Console.WriteLine($"{parsed.GetRequiredValue(kid)} revoked");
            }, kid),
            Command("reseal", "After a change of JWT_SECRET_KEY, the old one in JWT_SECRET_KEY_PREVIOUS: seal anew what it sealed: keys, seeds of authenticator apps.", variables, async (host, _, ct) =>
                Console.WriteLine($"{(await host.SendAsync(new ResealKeysCommand(), ct)).Count} secrets sealed anew")),
        };
    }

    private static Command Command(
        string name, string description, IReadOnlyDictionary<string, string> variables,
        Func<OperatorHost, ParseResult, CancellationToken, Task> action, Argument<string>? argument = null)
    {
        var command = new Command(name, description);
        if (argument is not null)
            command.Arguments.Add(argument);
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            await action(host, parsed, ct);
            return Answer.Done;
        }, ct));
        return command;
    }

    private static void Show(SigningKeyView key) => Console.WriteLine($"{key.Kid}\t{key.State}\t{key.ActiveAt:u}");
}
