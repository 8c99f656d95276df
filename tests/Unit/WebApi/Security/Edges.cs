using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Security;

/// <summary>Builds the edge's settings as an operator would write them.</summary>
internal static class Edges
{
    public static Edge Of(EdgeOptions? options = null, string environment = "Development") =>
        new(Options.Create(options ?? new EdgeOptions()), new FakeEnvironment(environment));

    public static IReadOnlyList<string> Faults(EdgeOptions options, string environment = "Production") =>
        new EdgeOptionsValidator(new FakeEnvironment(environment)).Validate(null, options).Failures?.ToList() ?? [];

    private sealed class FakeEnvironment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "MusicGen";

        public string ContentRootPath { get; set; } = "/";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
