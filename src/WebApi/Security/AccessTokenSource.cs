using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace MusicGen.WebApi.Security;

/// <summary>Where the bearer handler finds the access token: in the Authorization header, else in our cookie.</summary>
internal static class AccessTokenSource
{
    public static void Configure(JwtBearerOptions options, AccessTokens tokens, SessionCookies cookies)
    {
        options.MapInboundClaims = false;
        options.SaveToken = false; // nobody asks for it again
        options.TokenHandlers.Clear();
        options.TokenHandlers.Add(tokens);
        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = message =>
            {
                message.Token = BearerCredential.Of(message.Request) ?? cookies.ReadAccessToken(message.Request);
                if (BearerCredential.IsPersonal(message.Token))
                    message.NoResult(); // the session check's to judge: no signature is needed
                return Task.CompletedTask;
            },
        };
    }
}
