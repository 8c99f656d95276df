using Microsoft.AspNetCore.Authorization;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;

namespace MusicGen.WebApi.Security;

/// <summary>
/// Keeps the routes of administrators to ADMIN_NETWORKS, where those are named: a layer more (ASVS 8.4.2), never instead of
/// role and session. The refusal is the one for lack of the role, so that it tells nobody who an administrator is.
/// </summary>
internal sealed class AdminNetworks(RequestDelegate next, Edge edge)
{
    public Task InvokeAsync(HttpContext context) =>
        !edge.IsAdminNetwork(ClientAddress.Of(context).Address) && Caller.Of(context).Id is not null && IsAdmins(context.GetEndpoint())
            ? Problems.WriteAsync(context, StatusCodes.Status403Forbidden, IdentityErrors.Forbidden)
            : next(context);

    private static bool IsAdmins(Endpoint? endpoint) =>
        endpoint?.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => a.Policy == Policies.Admin) == true;
}
