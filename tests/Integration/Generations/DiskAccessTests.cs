using Microsoft.Extensions.Logging.Abstractions;
using MusicGen.Domain;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Integration.Generations;

public sealed class DiskAccessTests : IDisposable
{
    private readonly ManualResetEventSlim _disk = new();
    private readonly DiskAccess _access = new(NullLogger.Instance, places: 2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_that_hang_take_the_places_and_whoever_comes_then_hears_so_without_waiting_for_them()
    {
        var hanging = Enumerable.Range(0, 2).Select(_ => _access.ReadAsync(Hang, Ct)).ToList();

        var next = await _access.ReadAsync<int>(() => 7, Ct);

        Assert.Equal("service.unavailable", next.Error.Code);
        Assert.DoesNotContain(hanging, h => h.IsCompleted);
        foreach (var read in hanging)
            Assert.Equal("service.unavailable", (await read).Error.Code); // its patience ended, the disk still hangs

        _disk.Set();
        Result<int> well;
        do
            well = await _access.ReadAsync<int>(() => 7, Ct);
        while (!well.IsSuccess && !Ct.IsCancellationRequested);
        Assert.Equal(7, well.Value);
    }

    [Theory, InlineData(typeof(IOException)), InlineData(typeof(UnauthorizedAccessException))]
    public async Task A_disk_that_says_no_is_an_outage(Type fault)
    {
        var read = await _access.ReadAsync<int>(() => throw (Exception)Activator.CreateInstance(fault)!, Ct);

        Assert.Equal("service.unavailable", read.Error.Code);
        Assert.NotNull(read.Error.RetryAfter);
    }

    public void Dispose()
    {
        _disk.Set();
        _access.Dispose();
        _disk.Dispose();
    }

    private Result<int> Hang()
    {
        _disk.Wait(CancellationToken.None);
        return 1;
    }
}
