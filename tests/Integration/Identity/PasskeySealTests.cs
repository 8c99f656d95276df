using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.Identity;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Integration.Edge;

namespace MusicGen.Integration.Identity;

/// <summary>A passkey whose row was changed by other means than the product is none.</summary>
public sealed class PasskeySealTests(EdgeApp edge)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("key")]
    [InlineData("owner")]
    [InlineData("seal")]
    public async Task Only_a_row_as_it_was_written_is_found(string changed)
    {
        using var owner = await edge.RegisterAsync();
        using var other = await edge.RegisterAsync();
        var credential = Guid.NewGuid().ToByteArray();
        await edge.App.InScopeAsync(async s =>
        {
            var db = s.GetRequiredService<IMusicGenDbContext>();
            var user = await UserAsync(db, owner.Username);
            var passkey = new Passkey(Guid.CreateVersion7(), user.Id, "ring", new PasskeyCredential(credential, [1, 2, 3], 0, "", true, true, true, [4], [5]), DateTimeOffset.UtcNow);
            passkey.Sign(s.GetRequiredService<IMessageAuthenticator>().Sign(Passkey.SealPurpose, passkey.SealedText));
            db.Passkeys.Add(passkey);
            return await db.SaveChangesAsync(Ct);
        });
        await edge.App.InScopeAsync(async s =>
        {
            var db = s.GetRequiredService<IMusicGenDbContext>();
            var rows = db.Passkeys.Where(p => p.CredentialId == credential);
            var thief = await UserAsync(db, other.Username);
            return changed switch
            {
                "key" => await rows.ExecuteUpdateAsync(set => set.SetProperty(p => p.PublicKey, new byte[] { 9, 9, 9 }), Ct),
                "owner" => await rows.ExecuteUpdateAsync(set => set.SetProperty(p => p.UserId, thief.Id), Ct),
                "seal" => await rows.ExecuteUpdateAsync(set => set.SetProperty(p => p.Seal, string.Empty), Ct),
                _ => 0,
            };
        });

        var found = await edge.App.InScopeAsync(async s =>
        {
            var store = (IUserPasskeyStore<User>)s.GetRequiredService<IUserStore<User>>();
            var user = await UserAsync(s.GetRequiredService<IMusicGenDbContext>(), changed == "owner" ? other.Username : owner.Username);
            return await store.FindPasskeyAsync(user, credential, Ct);
        });

        Assert.Equal(changed.Length == 0, found is not null);
    }

    private static Task<User> UserAsync(IMusicGenDbContext db, string username) => db.Users.SingleAsync(u => u.Username == username, Ct);
}
