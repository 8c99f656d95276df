using System.Reflection;
using MusicGen.Domain;
using MusicGen.WebApi.Controllers;
using MusicGen.WebApi.Http;

namespace MusicGen.Unit.WebApi.Http;

public class ErrorCatalogueTests
{
    [Fact]
    public void Every_error_of_the_domain_is_described_under_its_status()
    {
        var errors = typeof(Error).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Errors", StringComparison.Ordinal))
            .SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(f => f.FieldType == typeof(Error))
            .Select(f => (Error)f.GetValue(null)!)
            .ToList();

        Assert.NotEmpty(errors);
        Assert.All(errors, e => Assert.Equal((e.Code, ApiController.StatusOf(e.Kind)), (e.Code, ErrorCatalogue.StatusByCode.GetValueOrDefault(e.Code))));
    }

    [Fact]
    public void Every_kind_of_failure_has_a_status_of_its_own()
    {
        var kinds = Enum.GetValues<ErrorKind>();

        Assert.Equal(kinds.Length, kinds.Select(ApiController.StatusOf).Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => ApiController.StatusOf((ErrorKind)99));
    }
}
