using System.CommandLine;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MusicGen.Programs;

/// <summary>Kestrel, routing and one JSON answer, with nothing around them: what a request costs before anybody looks at it.</summary>
internal sealed class BareEndpoint : IDisposable
{
    public const string Path = "/api/auth/session";

    private readonly Process _process;

    private BareEndpoint(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static Command Command()
    {
        var url = new Option<string>("--url") { Required = true };
        var bytes = new Option<int>("--bytes") { DefaultValueFactory = _ => 300, Description = "Of the body." };
        var command = new Command("bare-endpoint", "Serves one JSON answer until it is killed; what edge-cost compares with.") { url, bytes };
        command.Hidden = true;
        command.SetAction(r => ServeAsync(r.GetValue(url)!, r.GetValue(bytes)));
        return command;
    }

    /// <summary>Starts one as a process of its own, as the server is.</summary>
    public static async Task<BareEndpoint> StartAsync(int bytes)
    {
        var address = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var program = System.IO.Path.Combine(AppContext.BaseDirectory, "MusicGen.Programs.dll");
        var info = new ProcessStartInfo("dotnet", [program, "bare-endpoint", "--url", address.ToString(), "--bytes", $"{bytes}"]) { UseShellExecute = false };
        (info.Environment["DOTNET_gcServer"], info.Environment["DOTNET_ThreadPool_ForceMinWorkerThreads"]) = ("0", $"{Environment.ProcessorCount:x}"); // as the server has them
        var bare = new BareEndpoint(Process.Start(info) ?? throw new InvalidOperationException("The endpoint doesn't start."), address);
        using var client = new HttpClient();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(address, Path));
                return bare;
            }
            catch (HttpRequestException) when (attempt < 500 && !bare._process.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task ServeAsync(string url, int bytes)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel();
        builder.WebHost.UseUrls(url);
        builder.Services.AddRouting();
        await using var app = builder.Build();
        app.UseRouting();
        var answer = new Answer(Authenticated: true, new string('x', Math.Max(1, bytes - """{"authenticated":true,"text":""}""".Length)));
        app.MapGet(Path, (HttpContext context) => context.Response.WriteAsJsonAsync(answer));
        await app.RunAsync();
    }

    private sealed record Answer(bool Authenticated, string Text);
}
