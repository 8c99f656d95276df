using MusicGen.Application.Identity;
using MusicGen.Application.Identity.CreateUser;
using MusicGen.Application.Identity.DeleteAccount;
using MusicGen.Application.Identity.DeleteUser;
using MusicGen.Application.Identity.DisableUser;
using MusicGen.Application.Identity.EnableUser;
using MusicGen.Application.Identity.SetRole;
using MusicGen.Application.Identity.VerifyReceipt;
using MusicGen.Domain.Generations;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;

namespace MusicGen.Unit.Application.Identity;

public sealed class DeletionTests
{
    [Fact]
    public async Task Everything_goes_and_a_signed_receipt_says_how_much()
    {
        using var accounts = new AccountHarness();
        var ada = accounts.SignIn(accounts.AddUser());
        var eve = accounts.AddUser("eve@example.org", "eve_name");
        accounts.Sessions.Open.AddRange([new(ada.Id, SessionId.New()), new(eve.Id, SessionId.New())]);
        AddTask(accounts, ada);
        AddTask(accounts, ada);
        AddTask(accounts, eve);
        AddRows(accounts, ada);

        var receipt = (await accounts.SendAsync(new DeleteAccountCommand(AccountHarness.Password, null))).Value;

        Assert.Equal(
            (ada.Id.ToString(), 2, 4, 2000L, 2, 1),
            (receipt.UserId, receipt.Tasks, receipt.AudioFiles, receipt.AudioBytes, receipt.Sessions, receipt.Tokens));
        Assert.Equal([eve.Id], accounts.FromDatabase(db => db.Users.Select(u => u.Id).ToList()));
        Assert.Equal((1, 0, 0, 0), accounts.FromDatabase(db => (db.Generations.Count(), db.DataExports.Count(), db.Registrations.Count(), db.PersonalAccessTokens.Count())));
        Assert.Equal(2, accounts.Music.Deleted.Count);
        Assert.Equal([eve.Id], accounts.Sessions.Open.Select(s => s.User));
        Assert.Equal([ada.Id], accounts.Exports.Erased);
        Assert.Empty(accounts.Exports.Files);
        Assert.Contains(receipt.Id, accounts.Mailer.Sent[^1].Text, StringComparison.Ordinal);
        Assert.Equal($"user:{ada.Id}", accounts.Trail.Entries[^1].Subject);
    }

    [Fact]
    public async Task A_receipt_is_ours_until_somebody_changes_it()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());
        var receipt = (await accounts.SendAsync(new DeleteAccountCommand(AccountHarness.Password, null))).Value;

        Assert.True((await accounts.SendAsync(new VerifyReceiptQuery(receipt))).IsSuccess);
        DeletionReceipt[] changed =
        [
            receipt with { Id = receipt.UserId }, receipt with { UserId = receipt.Id }, receipt with { DeletedAt = receipt.DeletedAt.AddMilliseconds(1) },
            receipt with { Tasks = 1 }, receipt with { AudioFiles = 1 }, receipt with { AudioBytes = 1 }, receipt with { Sessions = 9 }, receipt with { Tokens = 1 },
            receipt with { Signature = "x" },
        ];
        foreach (var forged in changed)
            Assert.Equal(["signature"], (await accounts.SendAsync(new VerifyReceiptQuery(forged))).Error.Fields!.Keys);
    }

    [Fact]
    public async Task A_wrong_password_is_a_guess_and_deletes_nothing()
    {
        using var accounts = new AccountHarness();
        accounts.SignIn(accounts.AddUser());

        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new DeleteAccountCommand("not the password at all", null)));
        accounts.Throttle.Wait = TimeSpan.FromMinutes(1);
        Assert.Equal("auth.too_many_attempts", await accounts.RefusalAsync(new DeleteAccountCommand(AccountHarness.Password, null)));

        Assert.False(accounts.FromDatabase(db => db.Users.Single()).IsDisabled);
        Assert.Equal(["begin ada@example.org", "begin ada@example.org"], accounts.Throttle.Log);
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_unless_the_session_is_stepped_up()
    {
        using var accounts = new AccountHarness();
        var user = accounts.SignIn(accounts.AddUser());
        accounts.Caller.SteppedUpAt = null;
        accounts.InDatabase(db =>
        {
            db.Passkeys.Add(new Passkey(Guid.CreateVersion7(), user.Id, "laptop", new PasskeyCredential([1], [2], 3, "internal", true, true, true, [4], [5]), accounts.Clock.GetUtcNow()));
            db.RecoveryCodes.Add(new RecoveryCode(Guid.CreateVersion7(), user.Id, RecoveryCodeText.Hash("AAAA-BBBB"), accounts.Clock.GetUtcNow()));
            db.SaveChanges();
        });

        var missing = await accounts.SendAsync(new DeleteAccountCommand(AccountHarness.Password, null));
        Assert.Equal(["code"], missing.Error.Fields!.Keys);
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new DeleteAccountCommand(AccountHarness.Password, "123456")));
        Assert.Equal("auth.invalid_credentials", await accounts.RefusalAsync(new DeleteAccountCommand(AccountHarness.Password, "CCCC-DDDD")));
        Assert.False(accounts.FromDatabase(db => db.Users.Single()).IsDisabled);
        Assert.True((await accounts.SendAsync(new DeleteAccountCommand(AccountHarness.Password, "aaaa bbbb"))).IsSuccess);
    }

    [Fact]
    public async Task What_a_broken_disk_interrupts_leaves_a_shut_account_and_goes_on_later()
    {
        using var accounts = new AccountHarness();
        var user = accounts.SignIn(accounts.AddUser());
        AddTask(accounts, user);
        AddTask(accounts, user);
        var deletes = 0;
        accounts.Music.DeleteFault = _ => ++deletes == 2 ? new IOException("away") : null;

        await Assert.ThrowsAsync<IOException>(() => accounts.SendAsync(new DeleteAccountCommand(AccountHarness.Password, null)));

        var left = accounts.FromDatabase(db => db.Users.Single());
        Assert.Equal((true, accounts.Clock.GetUtcNow()), (left.IsDisabled, left.DeletionStartedAt));
        Assert.Empty(accounts.Sessions.Open);
        Assert.Equal(1, accounts.FromDatabase(db => db.Generations.Count()));
        accounts.Caller.Id = null; // the recurring job, or an operator
        Assert.Equal("user.not_found", await accounts.RefusalAsync(new EnableUserCommand(user.Id.ToString())));
        Assert.Equal(1, (await accounts.SendAsync(new DeleteUserCommand(user.Id.ToString()))).Value.Tasks);
        Assert.Equal((0, 0), accounts.FromDatabase(db => (db.Users.Count(), db.Generations.Count())));
        Assert.Equal("user.not_found", await accounts.RefusalAsync(new DeleteUserCommand(user.Id.ToString())));
    }

    [Fact]
    public async Task Name_and_address_are_free_again()
    {
        using var accounts = new AccountHarness();
        accounts.AddUser();
        await accounts.SendAsync(new DeleteUserCommand("ada@example.org"));

        Assert.True((await accounts.SendAsync(new CreateUserCommand("ada@example.org", "ada_l", AccountHarness.Password, null, null))).IsSuccess);
    }

    [Fact]
    public async Task The_last_administrator_can_not_go_over_HTTP_but_an_operator_may_do_it()
    {
        using var accounts = new AccountHarness();
        var admin = accounts.SignIn(accounts.AddUser());
        var other = accounts.AddUser("eve@example.org", "eve_name");
        accounts.InDatabase(db =>
        {
            foreach (var user in db.Users)
                user.ChangeRole(Role.Admin);
            db.Users.Single(u => u.Id == other.Id).Disable(); // a shut one doesn't count
            db.SaveChanges();
        });

        Assert.Equal("user.last_admin", await accounts.RefusalAsync(new DeleteAccountCommand(AccountHarness.Password, null)));
        Assert.Equal("user.last_admin", await accounts.RefusalAsync(new SetRoleCommand(admin.Id.ToString(), "user")));
        Assert.Equal("user.last_admin", await accounts.RefusalAsync(new DisableUserCommand(admin.Id.ToString())));
        Assert.True((await accounts.SendAsync(new SetRoleCommand(admin.Id.ToString(), "admin"))).IsSuccess);

        await accounts.SendAsync(new EnableUserCommand(other.Id.ToString()));
        Assert.True((await accounts.SendAsync(new SetRoleCommand(other.Id.ToString(), "user"))).IsSuccess);
        accounts.Caller.Id = null;
        Assert.True((await accounts.SendAsync(new DisableUserCommand(admin.Id.ToString()))).IsSuccess);
    }

    private static void AddTask(AccountHarness accounts, User owner) => accounts.InDatabase(db =>
    {
        accounts.Clock.Advance(TimeSpan.FromSeconds(1));
        var id = GenerationId.New(accounts.Clock.GetUtcNow());
        db.Generations.Add(new Generation(
            id, owner.Id, Tier.Free, "calm piano", 10, 42, "composer", "embedded-composer", neural: false, new GenerationParameters(), id.ToString(), accounts.Clock.GetUtcNow()));
        db.SaveChanges();
    });

    private static void AddRows(AccountHarness accounts, User user) => accounts.InDatabase(db =>
    {
        var now = accounts.Clock.GetUtcNow();
        var export = new DataExport(Guid.CreateVersion7(now), user.Id, now);
        accounts.Exports.Files[export.Id] = [];
        db.DataExports.Add(export);
        db.Registrations.Add(new Registration(Guid.CreateVersion7(now), user.Email, "another", "hash", "token", now));
        db.PasswordResets.Add(new PasswordReset(Guid.CreateVersion7(now), user.Id, "token", now));
        db.PersonalAccessTokens.Add(new PersonalAccessToken(Guid.CreateVersion7(now), user.Id, "backup", "hash", TokenScopes.Read, null, now, now.AddDays(1)));
        db.Batches.Add(new GenerationBatch(Guid.CreateVersion7(now), user.Id, 1, now));
        db.SaveChanges();
    });
}
