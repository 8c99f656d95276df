using System.Security.Cryptography;
using MusicGen.Domain;
using MusicGen.Infrastructure.Files;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Files;

/// <summary>A bucket that hangs, is overloaded, breaks off or is gone: nothing half-written shows, and trying again helps.</summary>
public sealed class BucketFaultTests : IAsyncLifetime
{
    private const string Name = "ab/task/audio.wav";
    private const int Part = 5 * 1024 * 1024;

    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(400_000);
    private TestStore _store = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private S3Double Server => _store.Double!;

    public async ValueTask InitializeAsync() => _store = await TestStore.OpenAsync(StoreKind.S3, Part);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory, InlineData(S3Fault.Unavailable), InlineData(S3Fault.Cut)]
    public async Task What_fails_once_is_tried_again(S3Fault fault)
    {
        await FailOnceAsync(fault, "PUT", () => WriteAsync(_bytes));
        await FailOnceAsync(fault, "HEAD", ReadAsync);
        await FailOnceAsync(fault, "GET", ReadAsync);
        await FailOnceAsync(fault, "DELETE", () => _store.Files.DeleteAsync(Name, Ct));

        Assert.Empty(Server.Objects);
        _store.MustBeWhole();
    }

    [Fact]
    public async Task What_goes_on_failing_is_an_outage_after_three_tries_and_nothing_is_half_there()
    {
        Server.Fault = _ => S3Fault.Unavailable;
        await Assert.ThrowsAsync<FileStoreException>(() => WriteAsync(_bytes));
        Assert.Equal(3, Server.Requests.Count);
        Assert.Equal("service.unavailable", (await OpenAsync()).Error.Code);
        Server.Fault = _ => null;
        Assert.Empty(Server.Objects);

        await WriteAsync(_bytes);
        Server.Fault = line => line.StartsWith("GET", StringComparison.Ordinal) ? S3Fault.Cut : null;
        await Assert.ThrowsAsync<FileStoreException>(ReadAsync);
        Assert.Equal(3, Server.Requests.Count(r => r.StartsWith("GET", StringComparison.Ordinal)));
        Server.Fault = _ => null;
        await ReadAsync();
        _store.MustBeWhole();
    }

    [Fact]
    public async Task One_that_hangs_lets_readers_go_and_a_stopped_writer_leaves_nothing()
    {
        await WriteAsync(_bytes);
        Server.Fault = _ => S3Fault.Hang;

        Assert.Equal("service.unavailable", (await OpenAsync()).Error.Code);
        using var stop = new CancellationTokenSource();
        var probe = _store.Files.ProbeAsync(stop.Token);
        var write = _store.Files.WriteAsync("ab/task/other.wav", to => to.WriteAsync(_bytes, Ct).AsTask(), stop.Token);
        while (!Server.Requests.Contains("PUT songs/ab/task/other.wav"))
            await Task.Delay(10, Ct);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);

        Server.Fault = _ => null;
        await ReadAsync();
        Assert.Equal(["songs/" + Name], Server.Objects.Keys);
        _store.MustBeWhole();
    }

    [Fact]
    public async Task A_large_file_goes_in_parts_and_appears_with_the_last_one()
    {
        var large = RandomNumberGenerator.GetBytes((2 * Part) + 12345);
        Server.Fault = line => line.Contains("partNumber=3", StringComparison.Ordinal) ? S3Fault.Unavailable : null;
        await Assert.ThrowsAsync<FileStoreException>(() => WriteAsync(large));
        Assert.Empty(Server.Objects);
        _store.MustBeWhole(); // the upload was ended

        Server.Fault = line => line.Contains("partNumber=2", StringComparison.Ordinal) && Server.Requests.Count(r => r == line) == 1 ? S3Fault.Cut : null;
        var written = await WriteAsync(large);

        Assert.Equal(large, Server.Objects["songs/" + Name].Content);
        Assert.Equal(written.Sha256, (await _store.Files.OpenAsync(Name, Ct))!.Sha256);
        _store.MustBeWhole();
    }

    [Fact]
    public async Task A_large_file_is_there_where_only_the_last_answer_was_lost_and_another_under_its_name_is_not_it()
    {
        var large = RandomNumberGenerator.GetBytes((2 * Part) + 12345);
        Server.Fault = line => IsCompletion(line) && Server.Requests.Count(r => r == line) == 1 ? S3Fault.AnswerLost : null;

        var written = await WriteAsync(large);

        Assert.Equal(2, Server.Requests.Count(IsCompletion));
        Assert.Equal(written.Sha256, (await _store.Files.OpenAsync(Name, Ct))!.Sha256);
        _store.MustBeWhole();

        large[0]++;
        Server.Fault = line =>
        {
            if (IsCompletion(line))
                Server.Uploads.Clear(); // by a rule of the bucket
            return null;
        };
        await Assert.ThrowsAsync<FileStoreException>(() => WriteAsync(large));
        Assert.Equal(written.Sha256, (await _store.Files.OpenAsync(Name, Ct))!.Sha256);

        static bool IsCompletion(string line) => line.StartsWith("POST", StringComparison.Ordinal) && line.Contains("uploadId", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_stalls_is_asked_for_again_but_not_for_a_reader_who_left()
    {
        await WriteAsync(_bytes);
        Server.Fault = line => line.StartsWith("GET", StringComparison.Ordinal) && Server.Requests.Count(r => r == line) == 1 && line.Contains("bytes=0-", StringComparison.Ordinal)
            ? S3Fault.Stall : null;
        await ReadAsync();
        Assert.Equal(2, Server.Requests.Count(r => r.EndsWith("bytes=0-65535", StringComparison.Ordinal)));

        Server.Fault = line => line.StartsWith("GET", StringComparison.Ordinal) ? S3Fault.Stall : null;
        await using var content = (await _store.Files.OpenAsync(Name, Ct))!.Content;
        using var leaving = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => content.CopyToAsync(Stream.Null, leaving.Token));
        Assert.Equal(3, Server.Requests.Count(r => r.EndsWith("bytes=0-65535", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_upload_whose_sender_died_is_ended_when_it_is_old()
    {
        // It can neither send the last part nor end what it began.
        Server.Fault = line => line.Contains("partNumber=2", StringComparison.Ordinal) || line.StartsWith("DELETE", StringComparison.Ordinal) ? S3Fault.Unavailable : null;
        await Assert.ThrowsAsync<FileStoreException>(() => WriteAsync(new byte[(2 * Part) + 1]));
        Assert.Single(Server.Uploads);
        Server.Uploads["another's"] = Server.Uploads.Values.Single() with { Key = "elsewhere/file" };
        Server.Fault = _ => null;

        Assert.Equal(0, await _store.Files.DeleteHalvesAsync(DateTimeOffset.UtcNow.AddMinutes(-1), Ct));
        Assert.Equal(1, await _store.Files.DeleteHalvesAsync(DateTimeOffset.UtcNow.AddMinutes(1), Ct));

        Assert.Equal(["another's"], Server.Uploads.Keys);
        Server.Uploads["ended meanwhile"] = Server.Uploads.Values.Single() with { Key = "songs/file" };
        Server.Fault = line =>
        {
            if (line.StartsWith("DELETE", StringComparison.Ordinal))
                Server.Uploads.TryRemove("ended meanwhile", out _); // by another node
            return null;
        };
        Assert.Equal(0, await _store.Files.DeleteHalvesAsync(DateTimeOffset.UtcNow.AddMinutes(1), Ct));
    }

    [Fact]
    public async Task A_node_clears_up_what_it_left_itself_when_it_died()
    {
        var left = Path.Combine(_store.Folder, "audio.wav.0.part");
        await File.WriteAllTextAsync(left, "half", Ct);
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-2));

        await WriteAsync(_bytes);

        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task A_range_costs_that_range()
    {
        await WriteAsync(_bytes);
        await using var content = (await OpenAsync()).Value;

        content.Position = 300_000;
        await content.ReadExactlyAsync(new byte[10], Ct);

        Assert.Equal(["HEAD songs/" + Name, "GET songs/" + Name + " bytes=300000-365535"], Server.Requests.Skip(1));
        Assert.Single(Server.Connections);
    }

    [Fact]
    public async Task Half_of_one_file_and_half_of_another_are_never_given_as_one()
    {
        await WriteAsync(_bytes);
        await using var content = (await OpenAsync()).Value;
        await content.ReadExactlyAsync(new byte[10], Ct);

        Server.Fault = line => line.StartsWith("GET", StringComparison.Ordinal) ? S3Fault.OtherObject : null;

        await Assert.ThrowsAsync<FileStoreException>(() => content.CopyToAsync(Stream.Null, Ct));
        Server.Fault = _ => null;
        Server.Objects["songs/" + Name] = Server.Objects["songs/" + Name] with { Sha256 = "what it was before it rotted" };
        await Assert.ThrowsAsync<FileStoreException>(() => _store.Files.FetchAsync(Name, Ct));
        _store.MustBeWhole();
    }

    [Fact]
    public async Task Without_the_bucket_no_file_is_missing()
    {
        Assert.True(await _store.Files.IsThereAsync(Ct));
        Server.HasBucket = false;

        Assert.False(await _store.Files.IsThereAsync(Ct));
        await Assert.ThrowsAsync<FileStoreException>(() => _store.Files.ProbeAsync(Ct));
        var id = MusicGen.Domain.Generations.GenerationId.New(DateTimeOffset.UtcNow);
        Assert.Equal("service.unavailable", (await _store.Audio().OpenAsync(id, Application.Generations.AudioFormat.Wav, Ct)).Error.Code);
        Server.HasBucket = true;
        Assert.Equal("generation.not_completed", (await _store.Audio().OpenAsync(id, Application.Generations.AudioFormat.Wav, Ct)).Error.Code);
    }

    private async Task FailOnceAsync(S3Fault fault, string method, Func<Task> act)
    {
        var failed = false;
        Server.Fault = line => line.StartsWith(method, StringComparison.Ordinal) && !failed && (failed = true) ? fault : null;
        await act();
        Assert.True(failed, method);
    }

    private Task<WrittenFile> WriteAsync(byte[] bytes) => _store.Files.WriteAsync(Name, to => to.WriteAsync(bytes, Ct).AsTask(), Ct);

    private async Task ReadAsync()
    {
        await using var content = (await _store.Files.OpenAsync(Name, Ct))!.Content;
        using var read = new MemoryStream();
        await content.CopyToAsync(read, Ct);
        Assert.Equal(_bytes, read.ToArray());
    }

    private Task<Result<Stream>> OpenAsync() => _store.Access.ReadAsync<Stream>(async left => (await _store.Files.OpenAsync(Name, left))!.Content, Ct);
}
