using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Domain;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Argon2id (RFC 9106). Only so many passwords are worked on at once and only so many wait, so that a flood of sign-ins
/// costs bounded memory and everybody else's requests still run.
/// </summary>
internal sealed class Argon2PasswordHasher : IPasswordHasher, IDisposable
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turns;
    private readonly int _room;
    private readonly Argon2Hash _dummy;
    private int _inside;

    public Argon2PasswordHasher(IOptions<PasswordHashingOptions> options)
    {
        var settings = options.Value;
        _turns = new SemaphoreSlim(settings.Parallel);
        _room = settings.Parallel + settings.Waiting;
        _dummy = new Argon2Hash(
            settings.MemoryKiB, settings.Iterations,
            RandomNumberGenerator.GetBytes(Argon2Hash.SaltLength), RandomNumberGenerator.GetBytes(Argon2Hash.HashLength));
    }

    public Task<Result<string>> HashAsync(string password, CancellationToken ct) => InTurnAsync(() =>
        Argon2Hash.Of(Bytes(password), _dummy.MemoryKiB, _dummy.Iterations).ToString(), ct);

    public Task<Result<PasswordMatch>> VerifyAsync(string? hash, string password, CancellationToken ct) => InTurnAsync(() =>
    {
        var known = Argon2Hash.Parse(hash);
        var bytes = Bytes(password);
        var isMatch = (known ?? _dummy).Matches(bytes) && known is not null;
        known?.WorkOnTo(_dummy, bytes); // a hash of weaker settings must not answer sooner than an unknown address
        return new PasswordMatch(isMatch, isMatch && (known!.MemoryKiB != _dummy.MemoryKiB || known.Iterations != _dummy.Iterations));
    }, ct);

    public void Dispose() => _turns.Dispose();

    /// <summary>
    /// One form (NFKC, NIST SP 800-63B-4 3.1.1.2) for what keyboards send in several; half a surrogate pair becomes U+FFFD.
    /// U+FFFE, which .NET normalises in no text, combines with nothing, so that what is around it is normalised by itself.
    /// </summary>
    private static byte[] Bytes(string password) =>
        Encoding.UTF8.GetBytes(string.Join('\uFFFE', string.Concat(password.EnumerateRunes()).Split('\uFFFE').Select(part => part.Normalize(NormalizationForm.FormKC))));

    private async Task<Result<T>> InTurnAsync<T>(Func<T> work, CancellationToken ct)
    {
        if (Interlocked.Increment(ref _inside) > _room)
        {
            Interlocked.Decrement(ref _inside);
            return Error.Unavailable("Too many people are signing in at once. Try again in a moment.", ComeBack);
        }

        try
        {
            await _turns.WaitAsync(ct);
            try
            {
                // On a thread of its own: on one of the pool's, everybody's requests would wait for it.
                return await Task.Factory.StartNew(
                    work, CancellationToken.None,
                    TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}
