using System.Data.Common;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;
using MusicGen.Domain.Identity;

namespace MusicGen.WebApi.Security;

/// <summary>
/// The framework's passkey handler behind our port. It stands here because the handler takes the request's context; of
/// the framework's sign-in, cookies and stores it uses nothing.
/// </summary>
internal sealed partial class PasskeyCeremonies : IPasskeyCeremonies
{
    private const string Required = "required";
    private const string Preferred = "preferred";
    private const int MaxTransports = 128;

    private readonly PasskeyHandler<User> _verifying;
    private readonly PasskeyHandler<User> _asking;
    private readonly IHttpContextAccessor _http;
    private readonly ILogger<PasskeyCeremonies> _logger;

    public PasskeyCeremonies(UserManager<User> users, Edge edge, IHttpContextAccessor http, ILogger<PasskeyCeremonies> logger)
    {
        (_http, _logger) = (http, logger);
        _verifying = Handler(users, edge, Required);
        _asking = Handler(users, edge, Preferred);
    }

    private HttpContext Context => _http.HttpContext ?? throw new InvalidOperationException("A passkey needs a request.");

    public async Task<PasskeyOptions> MakeCreationOptionsAsync(User user, CancellationToken ct)
    {
        var entity = new PasskeyUserEntity { Id = user.Id.ToString(), Name = user.Email.Value, DisplayName = user.Username };
        var made = await _asking.MakeCreationOptionsAsync(entity, Context);
        return new PasskeyOptions(made.CreationOptionsJson, made.AttestationState!);
    }

    public async Task<PasskeyOptions> MakeRequestOptionsAsync(User? user, bool userVerification, CancellationToken ct)
    {
        var made = await Handler(userVerification).MakeRequestOptionsAsync(user, Context);
        return new PasskeyOptions(made.RequestOptionsJson, made.AssertionState!);
    }

    public async Task<PasskeyCredential?> AttestAsync(string credential, string state, CancellationToken ct)
    {
        var result = await _asking.PerformAttestationAsync(new PasskeyAttestationContext { CredentialJson = credential, AttestationState = state, HttpContext = Context });
        if (!result.Succeeded)
            return Refuse<PasskeyCredential>(result.Failure);

        var made = result.Passkey;
        var transports = string.Join(',', made.Transports ?? []);
        return new PasskeyCredential(
            made.CredentialId, made.PublicKey, made.SignCount, transports.Length <= MaxTransports ? transports : string.Empty,
            made.IsUserVerified, made.IsBackupEligible, made.IsBackedUp, made.AttestationObject, made.ClientDataJson);
    }

    public async Task<PasskeyAssertion?> AssertAsync(string credential, string state, bool userVerification, CancellationToken ct)
    {
        var result = await Handler(userVerification).PerformAssertionAsync(
            new PasskeyAssertionContext { CredentialJson = credential, AssertionState = state, HttpContext = Context });
        if (!result.Succeeded)
            return Refuse<PasskeyAssertion>(result.Failure);

        var shown = result.Passkey;
        return new PasskeyAssertion(result.User.Id, shown.CredentialId, shown.SignCount, userVerification || shown.IsUserVerified, shown.IsBackedUp);
    }

    // The name of the site never comes from the request: a Host header decides nothing here.
    private static PasskeyHandler<User> Handler(UserManager<User> users, Edge edge, string userVerification) => new(users, Options.Create(new IdentityPasskeyOptions
    {
        ServerDomain = new Uri(edge.OwnOrigin).Host,
        ValidateOrigin = origin => ValueTask.FromResult(!origin.CrossOrigin && edge.IsAllowedOrigin(origin.Origin)),
        UserVerificationRequirement = userVerification,
        ResidentKeyRequirement = Required, // so that it can also sign in alone
        AttestationConveyancePreference = "none",
        AuthenticatorTimeout = TimeSpan.FromMinutes(5),
    }));

    private PasskeyHandler<User> Handler(bool userVerification) => userVerification ? _verifying : _asking;

    // The handler turns whatever goes wrong inside it into a failure, our database's outages too.
    private T? Refuse<T>(PasskeyException? failure)
        where T : class
    {
        if (failure?.InnerException is DbException outage)
            ExceptionDispatchInfo.Throw(outage);
        Log.Refused(_logger, failure?.Message ?? "unknown");
        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(1020, LogLevel.Information, "A passkey was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
