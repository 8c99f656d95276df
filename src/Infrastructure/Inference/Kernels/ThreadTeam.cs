namespace MusicGen.Infrastructure.Inference.Kernels;

/// <summary>
/// A few threads that share the parts of one work after another, thousands of times a second. Whoever is free takes the
/// next part, the caller too: a thread that doesn't get its core isn't waited for unless it holds a part. Between works
/// the helpers spin for a moment, then sleep.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    // About as long as sampling takes between two steps of a small model.
    private const int Spins = 2_000;

    private const int PartBits = 18;
    private const int PartMask = (1 << PartBits) - 1;

    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim _wake = new(0);
    private ITeamWork? _work;
    private int _left;      // parts that aren't done
    private long _claim;    // number of the work, its parts, and the next of them: changed only all at once
    private int _sleepers;
    private volatile bool _isEnding;

    /// <param name="size">Threads, the caller counted; 1 for the caller alone.</param>
    public ThreadTeam(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _helpers = new Thread[size - 1];
        for (var i = 0; i < _helpers.Length; i++)
        {
            var member = i + 1;
            _helpers[i] = new Thread(() => Help(member)) { IsBackground = true, Name = $"kernels {member}" };
            _helpers[i].Start();
        }
    }

    public int Size => _helpers.Length + 1;

    /// <summary>Does all parts and returns when the last is done. One caller at a time.</summary>
    public void Run(ITeamWork work, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, PartMask);
        if (_helpers.Length == 0 || parts <= 1)
        {
            for (var part = 0; part < parts; part++)
                work.Do(part, 0);
            return;
        }

        _work = work;
        Volatile.Write(ref _left, parts);
        var number = (Volatile.Read(ref _claim) >> (2 * PartBits)) + 1;
        Interlocked.Exchange(ref _claim, (number << (2 * PartBits)) | ((long)parts << PartBits));
        if (Volatile.Read(ref _sleepers) is > 0 and var sleepers)
            _wake.Release(Math.Min(sleepers, parts - 1));
        TakeParts(0);
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _left) > 0)
        {
            // Whoever holds the last part is running, or will be soon: yield, but don't sleep.
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    public void Dispose()
    {
        _isEnding = true;
        if (_helpers.Length > 0)
            _wake.Release(_helpers.Length);
        foreach (var helper in _helpers)
            helper.Join();
        _wake.Dispose();
    }

    private void Help(int member)
    {
        var spins = 0;
        while (!_isEnding)
        {
            if (TakeParts(member))
            {
                spins = 0;
            }
            else if (++spins < Spins)
            {
                Thread.SpinWait(8);
            }
            else
            {
                spins = 0;
                Interlocked.Increment(ref _sleepers);
                if (!HasParts() && !_isEnding)
                    _wake.Wait();
                Interlocked.Decrement(ref _sleepers);
            }
        }
    }

    private bool HasParts() => IsOpen(Volatile.Read(ref _claim));

    private static bool IsOpen(long claim) => (claim & PartMask) < ((claim >> PartBits) & PartMask);

    // What a claim was made for can't change before its part is done, since the caller waits for that.
    private bool TakeParts(int member)
    {
        var hasDone = false;
        while (true)
        {
            var claim = Volatile.Read(ref _claim);
            if (!IsOpen(claim))
                return hasDone;
            if (Interlocked.CompareExchange(ref _claim, claim + 1, claim) != claim)
                continue;
            Volatile.Read(ref _work)!.Do((int)(claim & PartMask), member);
            Interlocked.Decrement(ref _left);
            hasDone = true;
        }
    }
}
