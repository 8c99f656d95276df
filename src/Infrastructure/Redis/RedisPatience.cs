using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// How long whoever stands at the door waits for Redis. A Redis that hangs, or a network that swallows everything, gives no
/// error; after <see cref="RedisOptions.PatienceMilliseconds"/> without an answer to anybody it counts as silent, and until it
/// speaks again whoever asks hears so at once: one question in ten ticks is let through to find out.
/// </summary>
/// <remarks>
/// A Redis that is only busy goes on answering somebody, and everybody waits for their turn. Time is counted in ticks of a
/// thread of its own, so that a process that got no processor for a while, and so can't have seen an answer either, doesn't
/// take its own pause for Redis's.
/// </remarks>
internal sealed class RedisPatience : IDisposable
{
    private const int TickMilliseconds = 10;
    private const int TicksBetweenProbes = 10;

    private readonly int _patience;
    private readonly Lock _lock = new();
    private readonly List<Question> _open = [];
    private readonly ManualResetEventSlim _somethingIsOpen = new();
    private readonly Thread _clock;
    private volatile bool _isSilent;
    private volatile bool _isDisposed;
    private int _ticksToProbe;
    private long _tick;
    private long _answeredAt;

    public RedisPatience(IOptions<RedisOptions> options)
    {
        _patience = Math.Max(1, options.Value.PatienceMilliseconds / TickMilliseconds);
        _clock = new Thread(Tick) { IsBackground = true, Name = "Redis patience" };
        _clock.Start();
    }

    /// <summary>Asks, and waits no longer than the patience lasts. A question that was given up may still have been heard.</summary>
    /// <exception cref="RedisSilentException">Redis doesn't answer.</exception>
    public async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        if (_isSilent && !MayProbe())
            throw new RedisSilentException();
        var answer = question();
        if (!answer.IsCompleted)
            await WaitAsync(answer);
        var result = await answer;
        Heard();
        return result;
    }

    public void Dispose()
    {
        _isDisposed = true;
        _somethingIsOpen.Set();
        _clock.Join();
        _somethingIsOpen.Dispose();
    }

    private async Task WaitAsync(Task answer)
    {
        Question open;
        lock (_lock)
        {
            open = new Question(answer, _tick);
            _open.Add(open);
            _somethingIsOpen.Set();
        }

        if (await Task.WhenAny(answer, open.GivenUp.Task) != answer)
        {
            // An answer that comes after all is proof of life, and a failure is nobody's to see any more.
            _ = answer.ContinueWith(
                late =>
                {
                    if (late.IsCompletedSuccessfully)
                        Heard();
                    else
                        _ = late.Exception;
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw new RedisSilentException();
        }
    }

    private void Heard()
    {
        Volatile.Write(ref _answeredAt, Volatile.Read(ref _tick));
        _isSilent = false;
    }

    private bool MayProbe()
    {
        lock (_lock)
        {
            if (_ticksToProbe > 0)
                return false;
            _ticksToProbe = TicksBetweenProbes;
            _somethingIsOpen.Set();
            return true;
        }
    }

    private void Tick()
    {
        while (!_isDisposed)
        {
            _somethingIsOpen.Wait();
            Thread.Sleep(TickMilliseconds);
            lock (_lock)
            {
                _tick++;
                _ticksToProbe = Math.Max(0, _ticksToProbe - 1);
                _open.RemoveAll(IsOver);
                if (_open.Count == 0 && _ticksToProbe == 0 && !_isDisposed)
                    _somethingIsOpen.Reset();
            }
        }
    }

    private bool IsOver(Question question)
    {
        if (question.Answer.IsCompleted)
            return true;
        if (_tick - Math.Max(question.AskedAt, Volatile.Read(ref _answeredAt)) < _patience)
            return false;
        _isSilent = true;
        question.GivenUp.SetResult();
        return true;
    }

    private sealed class Question(Task answer, long askedAt)
    {
        public Task Answer { get; } = answer;

        public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long AskedAt { get; } = askedAt;
    }
}

/// <summary>Redis is connected and doesn't answer.</summary>
internal sealed class RedisSilentException() : RedisException("Redis doesn't answer.");
