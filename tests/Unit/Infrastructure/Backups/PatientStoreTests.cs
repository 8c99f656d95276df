using Microsoft.Extensions.Time.Testing;
using MusicGen.Domain;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Backups;

namespace MusicGen.Unit.Infrastructure.Backups;

/// <summary>A backup waits for a store that is away for a while, and says of which file it wasn't back in time.</summary>
public sealed class PatientStoreTests
{
    private const string Name = "audio/x.wav";

    private readonly FakeTimeProvider _clock = new();
    private int _asked;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_that_comes_back_is_asked_again()
    {
        var opening = OpenAsync(() => _asked < 4 ? GenerationErrors.AudioUnreadable : "sound");
        await PassAsync(opening, PatientStore.Pause * 3);

        Assert.Equal(("sound", 4), ((await opening).Value, _asked));
    }

    [Fact]
    public async Task One_that_does_not_is_given_up_after_minutes_with_the_files_name_and_what_to_do()
    {
        var opening = OpenAsync(() => GenerationErrors.AudioUnreadable);
        await PassAsync(opening, PatientStore.Patience - PatientStore.Pause);
        Assert.False(opening.IsCompleted);
        await PassAsync(opening, PatientStore.Pause);

        var error = (await opening).Error;
        Assert.Equal(("backup.store_silent", ErrorKind.Unavailable), (error.Code, error.Kind));
        Assert.StartsWith($"{Name} can't be read", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("/backup/today isn't complete, and won't be taken for a backup. Remove it.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_not_waited_for()
    {
        var opened = await OpenAsync(() => GenerationErrors.NotFound);

        Assert.Equal((GenerationErrors.NotFound.Code, 1), (opened.Error.Code, _asked));
    }

    private Task<Result<string>> OpenAsync(Func<Result<string>> open) => new PatientStore("/backup/today", _clock).OpenAsync(
        Name,
        () =>
        {
            _asked++;
            return Task.FromResult(open());
        },
        Ct);

    // Continuations run on threads of the pool: until it waits again, nothing moves the clock.
    private async Task PassAsync(Task opening, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += PatientStore.Pause)
        {
            var asked = _asked;
            _clock.Advance(PatientStore.Pause);
            while (_asked == asked && !opening.IsCompleted)
                await Task.Delay(1, Ct);
            await Task.Delay(5, Ct);
        }
    }
}
