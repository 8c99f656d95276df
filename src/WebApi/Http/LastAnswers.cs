using Microsoft.AspNetCore.Connections.Features;
using MusicGen.Infrastructure.Nodes;

namespace MusicGen.WebApi.Http;

/// <summary>
/// From a node that leaves, each answer is its connection's last: the client's next request opens another one, by then to
/// another node, and none is lost on a connection that ends while it is on its way.
/// </summary>
internal sealed class LastAnswers(RequestDelegate next, NodeLife life)
{
    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(CloseAsync, context); // not now: an answer may begin long after its request
        return next(context);
    }

    private Task CloseAsync(object state)
    {
        var context = (HttpContext)state;
        if (!life.IsLeaving)
            return Task.CompletedTask;
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
            context.Response.Headers.Connection = "close";
        else
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose(); // GOAWAY; streams under way go on
        return Task.CompletedTask;
    }
}
