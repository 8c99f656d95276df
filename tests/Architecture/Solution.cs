using System.Reflection;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;
using MusicGen.Infrastructure.Redis;

namespace MusicGen.Architecture;

/// <summary>The four assemblies, the six modules and the planted violations, once.</summary>
internal static class Solution
{
    public static readonly Assembly Domain = typeof(Error).Assembly;
    public static readonly Assembly Application = typeof(ICurrentUser).Assembly;
    public static readonly Assembly Infrastructure = typeof(RedisKeys).Assembly;
    public static readonly Assembly WebApi = typeof(Program).Assembly;

    /// <summary>This assembly: its folder Planted holds one violation of each rule, in the namespaces of the product.</summary>
    public static readonly Assembly Planted = typeof(Solution).Assembly;

    public static readonly string[] Modules = ["Identity", "Sessions", "Generations", "Quotas", "Auditing", "Inference"];

    public static readonly Assembly[] All = [Domain, Application, Infrastructure, WebApi];

    /// <summary>The root of the repository, found upwards from the test program.</summary>
    public static readonly string Root = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MusicGen.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("These tests run inside the repository.");
    }
}
