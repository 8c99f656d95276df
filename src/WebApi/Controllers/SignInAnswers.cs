using Microsoft.AspNetCore.Mvc;
using MusicGen.Application.Identity;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using MusicGen.WebApi.Security;

namespace MusicGen.WebApi.Controllers;

/// <summary>What every way to sign in answers.</summary>
internal static class SignInAnswers
{
    /// <summary>A session with its cookies, or the question for the second factor.</summary>
    public static async Task<ActionResult<LoginResponse>> OfAsync(BrowserSession browser, HttpContext context, Result<LoginAnswer> result)
    {
        if (!result.IsSuccess)
            return Failure(result.Error);
        return result.Value.SignedIn is { } signedIn
            ? await OfAsync(browser, context, (Result<SignedIn>)signedIn)
            : new LoginResponse(Success: false, SecondFactor: result.Value.SecondFactor, Challenge: result.Value.Challenge);
    }

    /// <summary>A session with its cookies.</summary>
    public static async Task<ActionResult<LoginResponse>> OfAsync(BrowserSession browser, HttpContext context, Result<SignedIn> result)
    {
        if (!result.IsSuccess)
            return Failure(result.Error);
        var csrfToken = await browser.SignInAsync(context, result.Value);
        return csrfToken.IsSuccess ? new LoginResponse(Success: true, result.Value.User, csrfToken.Value) : Failure(csrfToken.Error);
    }

    private static ProblemResult Failure(Error error) => new(ApiController.StatusOf(error.Kind), error);
}
