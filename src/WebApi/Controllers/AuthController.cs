using MediatR;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using MusicGen.Application.Identity.ChangePassword;
using MusicGen.Application.Identity.ForgotPassword;
using MusicGen.Application.Identity.GetMe;
using MusicGen.Application.Identity.Login;
using MusicGen.Application.Identity.Logout;
using MusicGen.Application.Identity.LogoutAll;
using MusicGen.Application.Identity.Refresh;
using MusicGen.Application.Identity.Register;
using MusicGen.Application.Identity.ResetPassword;
using MusicGen.Application.Identity.VerifyEmail;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.Domain.Identity;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>Accounts and sign-in by cookies.</summary>
[Route("api/auth")]
[BodyLimit(16 * 1024)]
public sealed class AuthController(ISender sender, BrowserSession browser, SecondFactorPolicy factorRules) : ApiController
{
    /// <summary>Asks for an account.</summary>
    /// <remarks>
    /// Without e-mail verification the account is there at once and the answer sets the session's cookies. With it, the
    /// answer is the same for a used address, and a mail holds the link.
    /// </remarks>
    [HttpPost("register"), AllowAnonymous, SetsCookies, StrictLimited(StrictLimit.Register)]
    [Refuses("auth.registration_closed", "auth.username_taken", "auth.email_taken")]
    [ProducesResponseType<RegisterResponse>(StatusCodes.Status201Created)]
    public async Task<ActionResult<RegisterResponse>> Register(RegisterRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new RegisterCommand(body.Email, body.Username, body.Password), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        if (result.Value.SignedIn is not { } signedIn)
            return Created(new RegisterResponse(Success: true, User: null, CsrfToken: null, "Follow the link in the mail that we have sent you."));
        var csrfToken = await browser.SignInAsync(HttpContext, signedIn);
        return csrfToken.IsSuccess
            ? Created(new RegisterResponse(Success: true, signedIn.User, csrfToken.Value, "Welcome. You are signed in."))
            : Failure(csrfToken.Error);
    }

    /// <summary>Opens a session; its tokens come as cookies, none in the body. An account with a second factor is asked for it first.</summary>
    /// <remarks>A session that the browser still had ends, whoever's it was.</remarks>
    [HttpPost("login"), AllowAnonymous, SetsCookies]
    [Refuses("auth.invalid_credentials", "auth.email_unverified", "auth.too_many_attempts")]
    public async Task<ActionResult<LoginResponse>> Login(LoginRequest body, CancellationToken ct) => await SignInAnswers.OfAsync(
        browser, HttpContext, await sender.Send(new LoginCommand(body.Email, body.Password, body.RememberMe ?? false), ct));

    /// <summary>Exchanges the refresh cookie for its successor and a new access cookie.</summary>
    [HttpPost("refresh"), AllowAnonymous, StrictLimited(StrictLimit.Refresh)]
    [Refuses("auth.refresh_missing", "auth.refresh_invalid", "auth.refresh_reused")]
    public async Task<ActionResult<RefreshResponse>> Refresh(CancellationToken ct)
    {
        var result = await sender.Send(new RefreshCommand(browser.RefreshToken(HttpContext)), ct);
        return result.IsSuccess
            ? new RefreshResponse(Success: true, "The session goes on.", browser.Renew(HttpContext, result.Value))
            : Failure(result.Error);
    }

    /// <summary>Ends the session, however much of it the browser can still show; 200 also when signed out already.</summary>
    [HttpPost("logout"), AllowAnonymous]
    public async Task<ActionResult<MessageResponse>> Logout(CancellationToken ct)
    {
        var command = new LogoutCommand(browser.RefreshToken(HttpContext), await browser.NamedByAccessTokenAsync(HttpContext));
        var result = await sender.Send(command, ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        browser.SignOut(HttpContext);
        return new MessageResponse("You are signed out.");
    }

    /// <summary>Ends all sessions of the caller, or all others; names the personal access tokens that live on, or ends them too.</summary>
    /// <remarks>Asks for a step-up when the sign-in is a quarter of an hour old.</remarks>
    [HttpPost("logout-all"), Authorize, OpenBeforeSecondFactor, Refuses("auth.step_up_required")]
    public async Task<ActionResult<LoggedOutEverywhere>> LogoutAll(
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] LogoutAllRequest? body, CancellationToken ct)
    {
        var keepCurrent = body?.KeepCurrent ?? false;
        var result = await sender.Send(new LogoutAllCommand(keepCurrent, body?.EndTokens ?? false), ct);
        if (result.IsSuccess && !keepCurrent)
            browser.SignOut(HttpContext);
        return Answer(result);
    }

    /// <summary>Who is signed in; never 401.</summary>
    [HttpGet("session"), AllowAnonymous, OpenToTokens(TokenScopes.None)]
    public async Task<ActionResult<SessionResponse>> Session()
    {
        // Pages ask for this more than for anything else, and binding the one parameter would cost half as much as all the rest.
        var (caller, ct) = (Caller.Of(HttpContext), HttpContext.RequestAborted);
        if (caller.Id is not null && await sender.Send(new GetMeQuery(), ct) is { IsSuccess: true } me)
        {
            var csrfToken = caller.PersonalToken is null ? await browser.CsrfTokenAsync(HttpContext) : null; // a script has no use for one
            return new SessionResponse(Authenticated: true, me.Value, csrfToken, caller.ExpiresAt, SecondFactorRequired: factorRules.Closes(caller) ? true : null);
        }

        return await browser.IsRefreshableAsync(HttpContext, ct)
            ? new SessionResponse(Authenticated: false, CsrfToken: await browser.CsrfTokenAsync(HttpContext), Refreshable: true)
            : new SessionResponse(Authenticated: false);
    }

    /// <summary>The token that unsafe requests send as X-CSRF-Token; its cookie comes along.</summary>
    [HttpGet("csrf-token"), AllowAnonymous]
    public async Task<ActionResult<CsrfTokenResponse>> CsrfToken() =>
        new CsrfTokenResponse(await browser.CsrfTokenAsync(HttpContext));

    /// <summary>Sets a new password; other sessions end.</summary>
    [HttpPost("change-password"), Authorize, OpenBeforeSecondFactor, Refuses("auth.invalid_credentials", "auth.too_many_attempts")]
    public async Task<ActionResult<SuccessResponse>> ChangePassword(ChangePasswordRequest body, CancellationToken ct) =>
        Done(await sender.Send(new ChangePasswordCommand(body.CurrentPassword, body.NewPassword), ct), "Your password is changed. Other sessions have ended.");

    /// <summary>Asks for a link that sets a new password; the same answer whether there is such an account or not.</summary>
    [HttpPost("forgot-password"), AllowAnonymous, StrictLimited(StrictLimit.Recovery), Refuses("auth.mail_unavailable")]
    public async Task<ActionResult<SuccessResponse>> ForgotPassword(ForgotPasswordRequest body, CancellationToken ct) =>
        Done(await sender.Send(new ForgotPasswordCommand(body.Email), ct), "If there is an account with this address, a mail is on its way.");

    /// <summary>Follows such a link, once; every session ends.</summary>
    [HttpPost("reset-password"), AllowAnonymous, StrictLimited(StrictLimit.Recovery)]
    public async Task<ActionResult<SuccessResponse>> ResetPassword(ResetPasswordRequest body, CancellationToken ct)
    {
        var result = await sender.Send(new ResetPasswordCommand(body.Token, body.NewPassword), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        browser.TrustDevice(HttpContext, result.Value.DeviceCookie);
        return new SuccessResponse(Success: true, "Your password is changed. Sign in with it.");
    }

    /// <summary>Proves an e-mail address with the token of the link.</summary>
    [HttpPost("verify-email"), AllowAnonymous, StrictLimited(StrictLimit.Recovery)]
    public Task<ActionResult<SuccessResponse>> VerifyEmail(VerifyEmailRequest body, CancellationToken ct) => VerifyEmailAsync(body.Token, ct);

    /// <summary>The same under the original service's address.</summary>
    [HttpPost("verify-email/{token}"), AllowAnonymous, StrictLimited(StrictLimit.Recovery)]
    public Task<ActionResult<SuccessResponse>> VerifyEmailByPath(string token, CancellationToken ct) => VerifyEmailAsync(token, ct);

    private ObjectResult Created(RegisterResponse answer) => StatusCode(StatusCodes.Status201Created, answer);

    private async Task<ActionResult<SuccessResponse>> VerifyEmailAsync(string token, CancellationToken ct)
    {
        var result = await sender.Send(new VerifyEmailCommand(token), ct);
        if (!result.IsSuccess)
            return Failure(result.Error);
        browser.TrustDevice(HttpContext, result.Value.DeviceCookie);
        return new SuccessResponse(Success: true, "Your address is confirmed. Sign in.");
    }

    private static ActionResult<SuccessResponse> Done<T>(Result<T> result, string message) =>
        result.IsSuccess ? new SuccessResponse(Success: true, message) : Failure(result.Error);
}
