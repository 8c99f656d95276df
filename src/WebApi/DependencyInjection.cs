using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.OpenApi;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi;

public static class DependencyInjection
{
    /// <summary>Everything that speaks HTTP, a method for each concern.</summary>
    public static IServiceCollection AddWebApi(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        AddEdge(services);
        AddCaller(services);
        AddPasskeys(services);
        AddErrors(services);
        AddApi(services);
        services.AddOperations(configuration);
        services.AddApiDescription();
        return services;
    }

    /// <summary>What every request passes, outermost first, and where it can arrive.</summary>
    public static WebApplication UseWebApi(this WebApplication app)
    {
        app.UseMiddleware<RequestIds>();              // first: whatever happens later is found by this id
        app.UseMiddleware<LastAnswers>();             // of a node that leaves: no connection is kept
        app.UseMiddleware<SecurityHeaders>();         // on every answer, refusals and breakdowns included
        app.UseExceptionHandler(_ => { });            // what escapes becomes a problem without detail
        app.UseStatusCodePages(c => Problems.WriteAsync(c.HttpContext, c.HttpContext.Response.StatusCode, Problems.ForStatus(c.HttpContext.Response.StatusCode)));
        app.UseMiddleware<ClientAddressMiddleware>(); // who and under which name, before anybody counts or compares
        app.UseMiddleware<MessageRules>();            // what isn't one message in every reading goes no further
        app.UseMiddleware<PreflightRules>();          // says no in words; preflights count nowhere
        app.UseCors();                                // outside the refusals below, so that pages can read them
        app.UsePage();                                // files need no session
        app.UseRouting();
        app.UseRequestTimeouts();                     // inside the exception handler, whose answer to an abandoned request is another
        app.UseMiddleware<SessionCheck>();            // rate limit, session, then 401 without credentials
        app.UseMiddleware<AdminNetworks>();           // where from administrators may act
        app.UseMiddleware<SecondFactorRules>();       // what a session without the second factor that it needs doesn't open
        app.UseMiddleware<TokenScopeRules>();         // what a script's token doesn't open, before anything acts on it
        app.UseMiddleware<CsrfRules>();               // before anybody acts for the session
        app.UseAuthorization();

        app.MapControllers();
        app.MapPage();
        app.MapOperations();
        app.MapApiDescription();
        app.MapJobsDashboard();
        return app;
    }

    /// <summary>What a worker answers: health and metrics, and to anything else that it isn't here.</summary>
    public static WebApplication UseProbes(this WebApplication app)
    {
        app.UseMiddleware<RequestIds>();
        app.UseMiddleware<LastAnswers>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(c => Problems.WriteAsync(c.HttpContext, c.HttpContext.Response.StatusCode, Problems.ForStatus(c.HttpContext.Response.StatusCode)));
        app.UseMiddleware<ClientAddressMiddleware>();
        app.UseMiddleware<MessageRules>();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.MapProbes();
        return app;
    }

    private static void AddEdge(IServiceCollection services)
    {
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EdgeOptions>, EdgeOptionsValidator>();
        services.AddSingleton<Edge>();
        services.AddSingleton<InternalCallers>();
        services.AddSingleton<EdgeRefusals>();
        services.AddSingleton<ForeignObjects>();
        services.AddHostedService(p => p.GetRequiredService<ForeignObjects>());
        services.AddSingleton<SecondFactorPolicy>();
        services.AddHostedService(p => p.GetRequiredService<EdgeRefusals>());
        services.AddSingleton<LocalLimits>();
        services.AddSingleton<SessionCookies>();
        services.AddSingleton<CsrfTokens>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton(p => new BrowserSession(
            p.GetRequiredService<AccessTokens>(), p.GetRequiredService<ISessionStore>(), p.GetRequiredService<SessionCookies>(),
            p.GetRequiredService<CsrfTokens>(), p.GetRequiredService<SessionPolicy>()));
        services.AddCors();
        services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>()
            .Configure<Edge>((cors, edge) => cors.AddDefaultPolicy(policy => CorsPolicies.Configure(policy, edge)));
    }

    private static void AddCaller(IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddScoped<ICurrentUser>(p => p.GetRequiredService<IHttpContextAccessor>().HttpContext is { } context
            ? new HttpCurrentUser(context, p.GetRequiredService<SessionCookies>())
            : new SystemUser());
        services.AddSingleton<IAuthenticationSchemeProvider, SchemesByName>();
        services.AddAuthentication().AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokens, SessionCookies>(AccessTokenSource.Configure);
        services.AddAuthorization(Policies.Configure);
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationAnswers>();
    }

    // Of the framework's identity only its passkey handler is used; that one asks a user manager for users and passkeys.
    private static void AddPasskeys(IServiceCollection services)
    {
        services.AddIdentityCore<User>();
        services.AddScoped<IUserStore<User>, PasskeyUserStore>();
        services.AddScoped<IPasskeyCeremonies, PasskeyCeremonies>();
    }

    private static void AddErrors(IServiceCollection services) => services.AddExceptionHandler<UnhandledExceptionHandler>();

    private static void AddApi(IServiceCollection services)
    {
        services.AddRequestTimeouts(RequestTime.Configure);
        services.Configure<RouteOptions>(routes => routes.LowercaseUrls = true);
        services.ConfigureHttpJsonOptions(json => WireJson.Configure(json.SerializerOptions));
        services.AddSingleton<IActionResultExecutor<ObjectResult>, JsonAnswers>();
        services.AddControllers(ApiConventions.Configure)
            .AddApplicationPart(typeof(DependencyInjection).Assembly)
            .AddJsonOptions(json => WireJson.Configure(json.JsonSerializerOptions))
            .ConfigureApiBehaviorOptions(ApiConventions.Configure);
    }
}
