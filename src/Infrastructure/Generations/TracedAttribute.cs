using System.Diagnostics;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.Server;
using Hangfire.Storage;
using MusicGen.Application.Pipeline;

namespace MusicGen.Infrastructure.Generations;

/// <summary>
/// Lets a trace go through the queue: the job carries the context of whoever enqueued it (W3C traceparent, as a parameter
/// of its own). Who enqueues a task again without a request around it, as the sweeper does, goes on in the task's trace.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TracedAttribute : JobFilterAttribute, IClientFilter, IServerFilter
{
    private const string Parameter = "traceparent";

    /// <summary>As long as a task may wait and be put back; no row of the database names a trace.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    public void OnCreating(CreatingContext context)
    {
        if (!Telemetry.Source.HasListeners())
            return;
        var around = Activity.Current?.Context ?? Parse(Recall(context.Connection, TaskOf(context.Job)));
        var span = Start("enqueue", ActivityKind.Producer, around, context.Job);
        if ((span ?? Activity.Current)?.Id is not { } id)
            return;
        context.Items[Parameter] = span!;
        context.SetJobParameter(Parameter, id); // that nothing is recorded goes along, too
        Remember(context.Connection, TaskOf(context.Job), id);
    }

    public void OnCreated(CreatedContext context) => Stop(context.Items);

    public void OnPerforming(PerformingContext context)
    {
        if (Telemetry.Source.HasListeners())
            context.Items[Parameter] = Start("work", ActivityKind.Consumer, Parse(context.GetJobParameter<string>(Parameter)), context.BackgroundJob.Job);
    }

    public void OnPerformed(PerformedContext context)
    {
        if (context.Exception is not null && context.Items.TryGetValue(Parameter, out var span))
            (span as Activity)?.SetStatus(ActivityStatusCode.Error);
        Stop(context.Items);
    }

    private static Activity? Start(string name, ActivityKind kind, ActivityContext parent, Job job) =>
        Telemetry.Source.StartActivity(name, kind, parent)?.SetTag("messaging.system", "hangfire").SetTag(Telemetry.TaskTag, TaskOf(job));

    private static void Stop(IDictionary<string, object> items)
    {
        if (items.TryGetValue(Parameter, out var span))
            (span as Activity)?.Dispose();
    }

    private static string? TaskOf(Job job) => job.Args is [string id, ..] ? id : null;

    private static ActivityContext Parse(string? traceparent) => ActivityContext.TryParse(traceparent, null, isRemote: true, out var context) ? context : default;

    private static string KeyOf(string? task) => $"trace:{task}";

    private static string? Recall(IStorageConnection connection, string? task) =>
        connection.GetAllEntriesFromHash(KeyOf(task))?.GetValueOrDefault(Parameter);

    private static void Remember(IStorageConnection connection, string? task, string traceparent)
    {
        using var transaction = (JobStorageTransaction)connection.CreateWriteTransaction();
        transaction.SetRangeInHash(KeyOf(task), [new(Parameter, traceparent)]);
        transaction.ExpireHash(KeyOf(task), Remembered);
        transaction.Commit();
    }
}
