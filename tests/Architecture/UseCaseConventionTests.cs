using System.Reflection;
using MediatR;
using MusicGen.Application.Generations.Planted;
using MusicGen.Application.Pipeline;

namespace MusicGen.Architecture;

/// <summary>One use case = one folder = one file; requests are public sealed records, handlers internal and sealed.</summary>
public sealed class UseCaseConventionTests
{
    private static readonly Type[] Requests = RequestsOf(Solution.Application);

    private static readonly Type[] Handlers = HandlersOf(Solution.Application);

    [Fact]
    public void Requests_are_public_sealed_records_named_Command_or_Query()
    {
        Assert.NotEmpty(Requests);
        Assert.All(Requests, r => Assert.Null(FaultOfRequest(r)));
        Assert.NotNull(FaultOfRequest(typeof(MisshapenCommand)));
    }

    [Fact]
    public void Handlers_are_internal_sealed_and_named_after_their_request()
    {
        Assert.NotEmpty(Handlers);
        Assert.All(Handlers, h => Assert.Null(FaultOfHandler(h)));
        Assert.NotNull(FaultOfHandler(typeof(MisnamedWorker)));
    }

    [Fact]
    public void Every_request_has_exactly_one_handler()
    {
        var handled = Handlers.Select(RequestOf).ToList();

        Assert.Equal(Requests.OrderBy(t => t.FullName, StringComparer.Ordinal), handled.OrderBy(t => t.FullName, StringComparer.Ordinal));
    }

    [Fact]
    public void A_use_case_lives_in_a_folder_of_its_own_name()
    {
        Assert.All(Requests, request =>
        {
            var useCase = request.Name[..^(request.Name.EndsWith("Query", StringComparison.Ordinal) ? 5 : 7)];
            var module = request.Namespace!.Split('.')[2];

            Assert.Equal($"MusicGen.Application.{module}.{useCase}", request.Namespace);
            var file = Path.Combine(Solution.Root, "src", "Application", module, useCase, request.Name + ".cs");
            Assert.True(File.Exists(file), file);
        });
    }

    [Fact]
    public void Handlers_call_no_handlers()
    {
        Assert.All(Handlers, h => Assert.DoesNotContain(
            h.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).SelectMany(c => c.GetParameters()),
            p => p.ParameterType == typeof(ISender) || p.ParameterType == typeof(IMediator)));
    }

    [Fact]
    public void Handlers_take_at_most_five_dependencies_beside_clock_and_caller()
    {
        Type[] uncounted = [typeof(TimeProvider), typeof(ICurrentUser)];
        Assert.All(Handlers, h =>
        {
            var parameters = h.GetConstructors().Single().GetParameters();
            var counted = parameters.Count(p => !uncounted.Contains(p.ParameterType) && p.ParameterType.Name != "ILogger`1");
            Assert.True(counted <= 5, $"{h.FullName} takes {counted}");
        });
    }

    internal static Type[] RequestsOf(Assembly assembly) =>
        [.. assembly.GetTypes().Where(t => !t.IsInterface && !t.IsAbstract && typeof(IBaseRequest).IsAssignableFrom(t))];

    private static Type[] HandlersOf(Assembly assembly) =>
        [.. assembly.GetTypes().Where(t => t.GetInterfaces().Any(IsHandler))];

    private static bool IsHandler(Type i) => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>);

    private static Type RequestOf(Type handler) => handler.GetInterfaces().Single(IsHandler).GenericTypeArguments[0];

    private static string? FaultOfRequest(Type request) =>
        !request.IsPublic || !request.IsSealed ? $"{request.Name} is not public and sealed"
        : request.GetMethod("<Clone>$") is null ? $"{request.Name} is no record"
        : !request.Name.EndsWith("Command", StringComparison.Ordinal) && !request.Name.EndsWith("Query", StringComparison.Ordinal) ? $"{request.Name} is not named Command or Query"
        : null;

    private static string? FaultOfHandler(Type handler) =>
        handler.IsPublic || !handler.IsSealed ? $"{handler.Name} is not internal and sealed"
        : handler.Name != RequestOf(handler).Name + "Handler" ? $"{handler.Name} is not named after its request"
        : null;
}
