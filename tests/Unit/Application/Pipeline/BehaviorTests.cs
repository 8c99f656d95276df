using MusicGen.Domain;
using MusicGen.Domain.Auditing;
using MusicGen.Domain.Quotas;

namespace MusicGen.Unit.Application.Pipeline;

/// <summary>What runs around a command, seen through the real pipeline in its real order.</summary>
public sealed class BehaviorTests
{
    private static readonly ProbeCommand Valid = new("a song", "ann@example.org");

    private static readonly ProbeCommand Invalid = new("", "ann@example.org");

    [Fact]
    public async Task A_command_that_succeeds_is_logged_audited_and_charged_once()
    {
        using var pipeline = new PipelineHarness();

        var result = await pipeline.ProbeAsync(Valid);

        Assert.Equal("done", result.Value);
        Assert.Contains(pipeline.Lines, l => l.Contains("ProbeCommand succeeded", StringComparison.Ordinal));
        Assert.Equal([AuditOutcome.Attempted, AuditOutcome.Succeeded], pipeline.Entries.Select(e => e.Outcome));
        Assert.Single(pipeline.Charged);
        Assert.Empty(pipeline.GivenUp);
    }

    [Fact]
    public async Task An_entry_says_who_what_on_what_from_where_and_hides_the_address()
    {
        using var pipeline = new PipelineHarness();

        await pipeline.ProbeAsync(Valid);

        var (attempt, outcome) = (pipeline.Entries[0], pipeline.Entries[1]);
        Assert.Equal(attempt.Correlation, outcome.Correlation);
        Assert.Equal("0197a1b2-0000-7000-8000-000000000001", outcome.Actor);
        Assert.Equal("tests.probe", outcome.Action);
        Assert.Equal("probe_success", outcome.Event);
        Assert.Equal("probe:1", outcome.Subject);
        Assert.Equal("203.0.113.7", outcome.Address);
        Assert.Equal("trace-1", outcome.TraceId);
        Assert.Equal("hash-of-15", outcome.EmailHash);
        Assert.DoesNotContain("ann@example.org", string.Concat(pipeline.Entries), StringComparison.Ordinal);
        Assert.DoesNotContain("a song", string.Concat(pipeline.Entries) + string.Concat(pipeline.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(599, null)]
    [InlineData(601, "auth.step_up_required")]
    [InlineData(-1, "auth.step_up_required")] // never
    public async Task A_sensitive_command_needs_a_step_up_of_the_last_ten_minutes(int secondsAgo, string? code)
    {
        using var pipeline = new PipelineHarness { SteppedUpAt = secondsAgo < 0 ? null : TimeProvider.System.GetUtcNow().AddSeconds(-secondsAgo) };
        var ran = false;

        var result = await pipeline.SendAsync(new SensitiveCommand(), () => { ran = true; return Task.FromResult<Result<string>>("done"); });

        Assert.Equal(code is null, ran);
        Assert.Equal(code, result.IsSuccess ? null : result.Error.Code);
        Assert.Equal(code, pipeline.Entries[1].Reason); // refused after 'attempted': somebody tried
    }

    [Fact]
    public async Task Bad_input_is_refused_by_wire_name_leaves_a_trace_and_costs_nothing()
    {
        using var pipeline = new PipelineHarness();
        var ran = false;

        var result = await pipeline.ProbeAsync(Invalid, () => { ran = true; return Task.FromResult<Result<string>>("done"); });

        Assert.False(ran);
        Assert.Equal("request.invalid", result.Error.Code);
        Assert.Equal(["title"], result.Error.Fields!.Keys);
        Assert.Equal([AuditOutcome.Attempted, AuditOutcome.Denied], pipeline.Entries.Select(e => e.Outcome));
        Assert.Equal("request.invalid", pipeline.Entries[1].Reason);
        Assert.Equal("probe_failed", pipeline.Entries[1].Event);
        Assert.Empty(pipeline.Charged);
        Assert.Contains(pipeline.Lines, l => l.Contains("refused with request.invalid", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_charge_keeps_the_handler_from_running_and_leaves_a_trace()
    {
        using var pipeline = new PipelineHarness { QuotaRefusal = QuotaErrors.Exceeded("day", TimeSpan.FromMinutes(7)) };
        var ran = false;

        var result = await pipeline.ProbeAsync(Valid, () => { ran = true; return Task.FromResult<Result<string>>("done"); });

        Assert.False(ran);
        Assert.Equal("quota.exceeded", result.Error.Code);
        Assert.Equal(TimeSpan.FromMinutes(7), result.Error.RetryAfter);
        Assert.Equal("quota.exceeded", pipeline.Entries[1].Reason);
        Assert.Empty(pipeline.GivenUp);
    }

    [Fact]
    public async Task A_handler_that_refuses_gives_the_charge_up()
    {
        using var pipeline = new PipelineHarness();

        var result = await pipeline.ProbeAsync(Valid, () => Task.FromResult<Result<string>>(new Error("probe.no", "No.", ErrorKind.Conflict)));

        Assert.Equal("probe.no", result.Error.Code);
        Assert.Equal(["probe-charge"], pipeline.GivenUp);
        Assert.Equal("probe.no", pipeline.Entries[1].Reason);
    }

    [Fact]
    public async Task A_handler_that_breaks_leaves_the_charge_open_and_is_recorded_as_failed()
    {
        using var pipeline = new PipelineHarness();

        await Assert.ThrowsAsync<InvalidOperationException>(() => pipeline.ProbeAsync(Valid, () => throw new InvalidOperationException("a bug")));

        // How far it came isn't known: what it was charged for may be there.
        Assert.Empty(pipeline.GivenUp);
        Assert.Empty(pipeline.Kept);
        Assert.Equal(AuditOutcome.Failed, pipeline.Entries[1].Outcome);
        Assert.Equal("server.error", pipeline.Entries[1].Reason);
        Assert.DoesNotContain("a bug", string.Concat(pipeline.Entries), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_recorded_is_not_done()
    {
        using var pipeline = new PipelineHarness { TrailFailure = new IOException("disk full") };
        var ran = false;

        var result = await pipeline.ProbeAsync(Valid, () => { ran = true; return Task.FromResult<Result<string>>("done"); });

        Assert.False(ran);
        Assert.Equal("service.unavailable", result.Error.Code);
        Assert.NotNull(result.Error.RetryAfter);
        Assert.Empty(pipeline.Charged);
    }

    [Fact]
    public async Task An_outcome_that_cannot_be_recorded_does_not_undo_what_was_done_but_is_logged()
    {
        using var pipeline = new PipelineHarness();

        var result = await pipeline.ProbeAsync(Valid, () =>
        {
            pipeline.TrailFailure = new IOException("disk full");
            return Task.FromResult<Result<string>>("done");
        });

        Assert.Equal("done", result.Value);
        Assert.Contains(pipeline.Lines, l => l.Contains("outcome could not be written", StringComparison.Ordinal));
    }
}
