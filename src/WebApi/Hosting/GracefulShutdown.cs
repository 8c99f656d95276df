using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Options;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.WebApi.Hosting;

/// <summary>
/// How a server ends without anybody's loss. It gives notice: it isn't ready and takes no new task, but serves on until the
/// proxies have seen that. Then event streams are sent elsewhere, no connection is taken any more, and requests under way
/// finish; tasks have the same time. What is left of the grace is for putting everything away.
/// </summary>
internal static class GracefulShutdown
{
    public static async Task RunAsync(WebApplication app)
    {
        var node = app.Services.GetRequiredService<IOptions<NodeOptions>>().Value;
        using var end = new CancellationTokenSource(node.ShutdownGrace);
        using var finish = new CancellationTokenSource(node.TimeToFinish);
        ShutdownLog.Leaving(app.Logger, node.ShutdownNotice.TotalSeconds);
        app.Services.GetRequiredService<NodeLife>().Leave();
        await Task.Delay(node.ShutdownNotice, app.Lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        app.Lifetime.StopApplication();
        await app.Services.GetRequiredService<IServer>().StopAsync(finish.Token); // by itself, or one slow download takes everybody's grace
        await app.StopAsync(end.Token);
    }
}

internal static partial class ShutdownLog
{
    [LoggerMessage(7003, LogLevel.Information, "MusicGen stops; it takes no new task, and serves on for {Seconds} s")]
    public static partial void Leaving(ILogger logger, double seconds);
}
