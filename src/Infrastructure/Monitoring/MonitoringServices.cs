using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Monitoring;

internal static class MonitoringServices
{
    public static void AddMonitoring(this IServiceCollection services)
    {
        services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DataOptions>, DataOptionsValidator>();
        services.AddHostedService<NodeMonitor>();
    }
}
