using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Application.Generations;
using MusicGen.Domain;
using MusicGen.Infrastructure.Files;

namespace MusicGen.Integration.Files;

public sealed class StoreAccessTests : IDisposable
{
    private readonly ManualResetEventSlim _disk = new();
    private readonly StoreAccess _access = new(NullLogger<StoreAccess>.Instance, places: 2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_that_hang_take_the_places_and_whoever_comes_then_hears_so_without_waiting_for_them()
    {
        var hanging = Enumerable.Range(0, 2).Select(_ => _access.ReadAsync(Hang, Ct)).ToList();

        var next = await _access.ReadAsync(Seven, Ct);

        Assert.Equal("service.unavailable", next.Error.Code);
        Assert.DoesNotContain(hanging, h => h.IsCompleted);
        foreach (var read in hanging)
            Assert.Equal("service.unavailable", (await read).Error.Code); // its patience ended, the disk still hangs

        _disk.Set();
        Result<int> well;
        do
            well = await _access.ReadAsync(Seven, Ct);
        while (!well.IsSuccess && !Ct.IsCancellationRequested);
        Assert.Equal(7, well.Value);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_a_hanging_store_opens_after_its_asker_left_is_closed(bool byPatience)
    {
        var handle = new Handle();
        using var leaving = new CancellationTokenSource();
        var reading = _access.ReadAsync<AudioFile>(
            _ =>
            {
                _disk.Wait(CancellationToken.None);
                return Task.FromResult<Result<AudioFile>>(new AudioFile(handle, "audio/wav", "wav", "\"tag\""));
            },
            leaving.Token,
            TimeSpan.FromSeconds(byPatience ? 0.1 : 60));
        if (byPatience)
        {
            Assert.Equal("service.unavailable", (await reading).Error.Code);
        }
        else
        {
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }

        Assert.False(handle.Closed.IsCompleted);
        _disk.Set();

        await handle.Closed.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        var taken = new Handle();
        Assert.Same(taken, (await _access.ReadAsync<Stream>(_ => Task.FromResult<Result<Stream>>(taken), Ct)).Value);
        await Task.Delay(50, Ct);
        Assert.False(taken.Closed.IsCompleted);
    }

    [Theory, InlineData(typeof(IOException)), InlineData(typeof(UnauthorizedAccessException))]
    public async Task A_disk_that_says_no_is_an_outage(Type fault)
    {
        var read = await _access.ReadAsync<int>(_ => throw (Exception)Activator.CreateInstance(fault)!, Ct);

        Assert.Equal("service.unavailable", read.Error.Code);
        Assert.NotNull(read.Error.RetryAfter);
    }

    public void Dispose()
    {
        _disk.Set();
        _access.Dispose();
        _disk.Dispose();
    }

    private static Task<Result<int>> Seven(CancellationToken left) => Task.FromResult<Result<int>>(7);

    private Task<Result<int>> Hang(CancellationToken left)
    {
        _disk.Wait(CancellationToken.None);
        return Seven(left);
    }

    private sealed class Handle : MemoryStream
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Closed => _closed.Task;

        protected override void Dispose(bool disposing)
        {
            _closed.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
