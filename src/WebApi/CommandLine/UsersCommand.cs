using System.CommandLine;
using MediatR;
using MusicGen.Application.Identity;
using MusicGen.Application.Identity.CreateResetLink;
using MusicGen.Application.Identity.CreateUser;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.EnableUser;
using MusicGen.Application.Identity.EndSessions;
using MusicGen.Application.Identity.ListUsers;
using MusicGen.Application.Identity.RemoveFactors;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.SetTier;
using MusicGen.Domain;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Accounts, also beside a running server: what changes is in force on the user's next request.</summary>
internal static class UsersCommand
{
    private static readonly string[] Roles = ["user", "admin"];
    private static readonly string[] Tiers = ["free", "premium", "pro", "enterprise"];

    public static Command Create(IReadOnlyDictionary<string, string> variables) => new("users", "Make, change and list accounts.")
    {
        CreateUser(variables),
        OneUser(variables, "set-tier", "Change a user's tier.", Choice("tier", Tiers), (user, tier) => new SetTierCommand(user, tier)),
        OneUser(variables, "set-role", "Change a user's role.", Choice("role", Roles), (user, role) => new SetRoleCommand(user, role)),
        OneUser(variables, "disable", "Close an account's door: its sessions end.", user => new DisableUserCommand(user)),
        OneUser(variables, "enable", "Open it again.", user => new EnableUserCommand(user)),
        EndSessions(variables),
        OneUser(variables, "remove-factors", "Take all second factors from a user who has lost them.", user => new RemoveFactorsCommand(user)),
        ResetLink(variables),
        DeletionCommands.Delete(variables),
        DeletionCommands.VerifyReceipt(variables),
        List(variables),
    };

    private static Command CreateUser(IReadOnlyDictionary<string, string> variables)
    {
        var email = new Option<string>("--email") { Required = true, Description = "E-mail address." };
        var username = new Option<string>("--username") { Required = true, Description = "3 to 32 letters, digits or _." };
        var role = new Option<string>("--role") { Description = "user or admin.", DefaultValueFactory = _ => "user" };
        var tier = new Option<string>("--tier") { Description = "free, premium or enterprise.", DefaultValueFactory = _ => "free" };
        var fromInput = new Option<bool>("--password-stdin") { Description = "Read the password, 15 to 128 characters, from one line of standard input." };
        role.AcceptOnlyFromAmong(Roles);
        tier.AcceptOnlyFromAmong(Tiers);
        var command = new Command("create", "Make a verified account.") { email, username, role, tier, fromInput };
        command.Validators.Add(result =>
        {
            // A password on the command line would stand in the list of processes and the shell's history.
            if (!result.GetValue(fromInput))
                result.AddError("The password comes from standard input: add --password-stdin.");
        });
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var password = await Console.In.ReadLineAsync(ct) ?? throw CommandFailedException.Usage("There is no password on standard input.");
            Show(await host.SendAsync(new CreateUserCommand(
                parsed.GetRequiredValue(email), parsed.GetRequiredValue(username), password, parsed.GetValue(role), parsed.GetValue(tier)), ct));
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command OneUser(IReadOnlyDictionary<string, string> variables, string name, string description, Func<string, IRequest<Result<AccountView>>> request)
    {
        var user = User();
        var command = new Command(name, description) { user };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            Show(await host.SendAsync(request(parsed.GetRequiredValue(user)), ct));
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command OneUser(
        IReadOnlyDictionary<string, string> variables, string name, string description, Argument<string> value, Func<string, string, IRequest<Result<AccountView>>> request)
    {
        var user = User();
        var command = new Command(name, description) { user, value };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            Show(await host.SendAsync(request(parsed.GetRequiredValue(user), parsed.GetRequiredValue(value)), ct));
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command EndSessions(IReadOnlyDictionary<string, string> variables)
    {
        var user = new Argument<string?>("user") { Description = "E-mail address or id.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Everybody's." };
        var command = new Command("end-sessions", "Sign a user out everywhere, or everybody.") { user, all };
        command.Validators.Add(result =>
        {
            if (result.GetValue(user) is null == !result.GetValue(all))
                result.AddError("Name a user, or --all.");
        });
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var ended = await host.SendAsync(new EndSessionsCommand(parsed.GetValue(user)), ct);
            Console.WriteLine($"{ended.Revoked} sessions ended");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command ResetLink(IReadOnlyDictionary<string, string> variables)
    {
        var user = User();
        var command = new Command("reset-link", "Print a one-use link to a new password, to hand over where there is no mail.") { user };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            var link = await host.SendAsync(new CreateResetLinkCommand(parsed.GetRequiredValue(user)), ct);
            Console.WriteLine(link.Url);
            Console.Error.WriteLine($"Works once, until {link.ExpiresAt:u}.");
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Command List(IReadOnlyDictionary<string, string> variables)
    {
        var part = new Option<string>("--find") { Description = "Only those whose username or e-mail address holds this." };
        var command = new Command("list", "List accounts: e-mail address, username, role, tier, standing.") { part };
        command.SetAction((parsed, ct) => OperatorHost.RunAsync(variables, async host =>
        {
            string? cursor = null;
            do
            {
                var page = await host.SendAsync(new ListUsersQuery(ListUsersQuery.MaxLimit, cursor, parsed.GetValue(part)), ct);
                foreach (var account in page.Items)
                    Show(account);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            return Answer.Done;
        }, ct));
        return command;
    }

    private static Argument<string> User() => new("user") { Description = "E-mail address or id." };

    private static Argument<string> Choice(string name, string[] choices)
    {
        var argument = new Argument<string>(name) { Description = string.Join(", ", choices) };
        argument.AcceptOnlyFromAmong(choices);
        return argument;
    }

    private static void Show(AccountView account) =>
        Console.WriteLine($"{account.Email}\t{account.Username}\t{account.Role}\t{account.Tier}\t{(account.IsDisabled ? "disabled" : account.IsVerified ? "verified" : "unverified")}");
}
