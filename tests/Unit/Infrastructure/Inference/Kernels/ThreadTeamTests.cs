using System.Collections.Concurrent;
using MusicGen.Infrastructure.Inference.Kernels;

namespace MusicGen.Unit.Infrastructure.Inference.Kernels;

public sealed class ThreadTeamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // More members than a machine has cores are waited for while they don't run.
    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(2, 100_000)]
    [InlineData(3, 100_000)]
    [InlineData(9, 20_000)]
    public void Every_part_is_done_once_and_none_of_another_work(int size, int runs)
    {
        using var team = new ThreadTeam(size);
        var works = new[] { new CountedWork(size), new CountedWork(size) };
        for (var run = 0; run < runs; run++)
        {
            var (work, other, parts) = (works[run % 2], works[(run + 1) % 2], (run * 7 % 40) + (run % 97 == 0 ? 500 : 0));
            work.Begin(parts);

            team.Run(work, parts);

            work.AssertDone();
            Assert.Equal(0, other.Late);
            work.End();
        }
    }

    [Fact]
    public void Helpers_that_sleep_are_woken_for_work()
    {
        using var team = new ThreadTeam(3);
        for (var run = 0; run < 20; run++)
        {
            using var meeting = new Meeting(3);
            team.Run(meeting, 3); // each part waits for the others, so each member has one

            Assert.Equal(3, meeting.Threads.Distinct().Count());
            Assert.True(meeting.HaveMet);
            var helpers = meeting.Threads.Where(t => t != Thread.CurrentThread).ToList();
            if (run % 2 == 0)
                Assert.True(SpinWait.SpinUntil(() => helpers.TrueForAll(IsAsleep), Patience));
        }
    }

    [Fact]
    public void A_work_of_no_parts_is_done_while_helpers_sleep()
    {
        using var team = new ThreadTeam(2);
        using var meeting = new Meeting(2);
        team.Run(meeting, 2);
        var helper = meeting.Threads.Single(t => t != Thread.CurrentThread);
        Assert.True(SpinWait.SpinUntil(() => IsAsleep(helper), Patience));

        team.Run(meeting, 0);
        team.Run(meeting, 2);

        Assert.Equal(4, meeting.Threads.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_thread_is_left_when_a_team_ends(bool asleep)
    {
        for (var round = 0; round < (asleep ? 5 : 100); round++)
        {
            var team = new ThreadTeam(4);
            using var meeting = new Meeting(4);
            team.Run(meeting, 4);
            var helpers = meeting.Threads.Where(t => t != Thread.CurrentThread).ToList();
            Assert.Equal(3, helpers.Count);
            if (asleep)
                Assert.True(SpinWait.SpinUntil(() => helpers.TrueForAll(IsAsleep), Patience));

            team.Dispose();

            Assert.DoesNotContain(helpers, h => h.IsAlive);
        }
    }

    [Fact]
    public void A_team_that_never_worked_ends_too()
    {
        for (var round = 0; round < 100; round++)
            new ThreadTeam(1 + (round % 4)).Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(0));
    }

    [Fact]
    public void More_parts_than_a_claim_can_count_are_refused()
    {
        using var team = new ThreadTeam(2);
        var work = new CountedWork(2);

        Assert.Throws<ArgumentOutOfRangeException>(() => team.Run(work, 1 << 18));
        work.Begin((1 << 18) - 1);
        team.Run(work, (1 << 18) - 1);

        work.AssertDone();
    }

    [Fact]
    public void Running_works_allocates_nothing()
    {
        using var team = new ThreadTeam(2);
        var work = new CountedWork(2);
        work.Begin(8);
        team.Run(work, 8);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var run = 0; run < 100; run++)
            team.Run(work, 8);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static bool IsAsleep(Thread thread) => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin);

    /// <summary>Counts how often each part is done, and what is done when it isn't its turn.</summary>
    private sealed class CountedWork(int members) : ITeamWork
    {
        private readonly int[] _done = new int[1 << 18];
        private int _parts;
        private volatile bool _isOpen;
        private int _late;

        public int Late => Volatile.Read(ref _late);

        public void Begin(int parts)
        {
            _done.AsSpan(0, Math.Max(parts, _parts)).Clear();
            (_parts, _isOpen) = (parts, true);
        }

        public void End() => _isOpen = false;

        public void Do(int part, int member)
        {
            if (!_isOpen || part >= _parts || (uint)member >= members)
                Interlocked.Increment(ref _late);
            Interlocked.Increment(ref _done[part]);
        }

        public void AssertDone()
        {
            Assert.Equal(0, Late);
            Assert.Equal(-1, _done.AsSpan(0, _parts).IndexOfAnyExcept(1));
            Assert.Equal(0, _done[_parts]);
        }
    }

    /// <summary>Parts that wait until all of them are being done, or nobody comes.</summary>
    private sealed class Meeting(int members) : ITeamWork, IDisposable
    {
        private readonly Barrier _barrier = new(members);
        private int _alone;

        public ConcurrentQueue<Thread> Threads { get; } = new();

        public bool HaveMet => Volatile.Read(ref _alone) == 0;

        public void Do(int part, int member)
        {
            Threads.Enqueue(Thread.CurrentThread);
            if (!_barrier.SignalAndWait(Patience))
                Interlocked.Increment(ref _alone);
        }

        public void Dispose() => _barrier.Dispose();
    }
}
