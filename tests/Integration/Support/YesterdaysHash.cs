using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MusicGen.Application.Persistence;
using MusicGen.Domain.Identity;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Integration.Support;

internal static class YesterdaysHash
{
    /// <summary>Hashes an account's password as if it had been set when the server hashed otherwise.</summary>
    public static async Task HashOtherwiseAsync(this MusicGenApp app, string email, string password)
    {
        using var hasher = new Argon2PasswordHasher(Options.Create(new PasswordHashingOptions { Iterations = 3 }));
        var (address, hash) = (Email.Normalise(email), (await hasher.HashAsync(password, TestContext.Current.CancellationToken)).Value);
        await app.InScopeAsync(services => services.GetRequiredService<IMusicGenDbContext>().Users
            .Where(u => u.Email == address).ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, hash)));
    }

    /// <summary>What is stored of an account's password.</summary>
    public static Task<string> HashOfAsync(this MusicGenApp app, string email)
    {
        var address = Email.Normalise(email);
        return app.InScopeAsync(services => services.GetRequiredService<IMusicGenDbContext>().Users
            .Where(u => u.Email == address).Select(u => u.PasswordHash).SingleAsync());
    }
}
