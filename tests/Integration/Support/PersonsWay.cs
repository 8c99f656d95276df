using System.Net;

namespace MusicGen.Integration.Support;

/// <summary>One person's whole way through the product, for a store that the whole product shall work on.</summary>
internal static class PersonsWay
{
    /// <summary>Of a server whose free accounts may send 30 requests in a second.</summary>
    public static async Task WalkAsync(MusicGenApp app)
    {
        using var browser = await app.RegisterAsync();
        var task = await browser.WaitAsync(await browser.StartAsync("calm piano"));
        Assert.Equal("completed", task["status"]!.GetValue<string>());
        using (var events = await browser.GetAsync($"/api/v1/generate/{task["task_id"]}/events"))
            await events.MustBeAsync(HttpStatusCode.OK);
        (await browser.RefreshAsync()).Dispose();
        await browser.GetJsonAsync("/api/auth/sessions");
        await browser.GetJsonAsync("/api/v1/quota");
        using (var step = await browser.PostAsync("/api/auth/step-up", new { password = browser.Password }))
            await step.MustBeAsync(HttpStatusCode.OK);
        using (var export = await browser.PostAsync("/api/v1/account/export"))
            await export.MustBeAsync(HttpStatusCode.Accepted);
        using (var made = await browser.PostAsync("/api/auth/tokens", new { name = "script", scopes = (string[])["read"], expires_in_days = 1 }))
            await made.MustBeAsync(HttpStatusCode.Created);
        using (var wrong = await app.NewBrowser().LoginAsync(browser.Email, "a wrong password of some length"))
            await wrong.MustBeProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid_credentials");
        using (var health = await browser.GetAsync("/health/ready"))
            await health.MustBeAsync(HttpStatusCode.OK);
        using (var end = await browser.PostAsync("/api/auth/logout-all", new { end_tokens = true }))
            await end.MustBeAsync(HttpStatusCode.OK);
    }
}
