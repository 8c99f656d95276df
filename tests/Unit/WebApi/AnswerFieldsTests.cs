using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Routing;
using MusicGen.Domain;
using MusicGen.WebApi.Configuration;
using MusicGen.WebApi.Http;

namespace MusicGen.Unit.WebApi;

/// <summary>docs/answer_fields.md lists each field of each answer with whom it is for: a new one is judged before anybody gets it.</summary>
public sealed partial class AnswerFieldsTests
{
    private static readonly string Text =
        File.ReadAllText(Path.Combine(ProgramFolder.HomeOf(AppContext.BaseDirectory), "docs", "answer_fields.md")).ReplaceLineEndings("\n");

    private static readonly Type[] Shapes = [.. Reached(Answers())];

    [Fact]
    public void Every_field_of_every_answer_is_listed_and_no_other_is()
    {
        var rows = Row().Matches(Text).ToDictionary(m => m.Groups["shape"].Value, m => m.Groups["fields"].Value, StringComparer.Ordinal);
        var found = Shapes.ToDictionary(t => t.Name, t => string.Join(' ', Fields(t)), StringComparer.Ordinal);

        Assert.True(found.Count > 25, "The search found too little.");
        Assert.True(
            found.OrderBy(f => f.Key, StringComparer.Ordinal).SequenceEqual(rows.OrderBy(f => f.Key, StringComparer.Ordinal)),
            string.Join('\n', found.Except(rows).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"| `{f.Key}` | ? | `{f.Value}` |"))
            + "\nno longer: " + string.Join(", ", rows.Keys.Except(found.Keys, StringComparer.Ordinal)));
    }

    // A row of the database on the wire would show whatever is added to it next.
    [Fact]
    public void No_answer_is_an_object_of_the_domain_and_none_has_a_field_that_opens_something()
    {
        Assert.DoesNotContain(Shapes, t => t.Assembly == typeof(Error).Assembly && !t.IsEnum);
        Assert.All(Shapes, t => Assert.DoesNotContain(Fields(t), f => Forbidden().IsMatch(f)));
        Assert.Matches(Forbidden(), "password_hash");
        Assert.Matches(Forbidden(), "sealed_seed");
    }

    private static IEnumerable<string> Fields(Type shape) => WireJson.Options.GetTypeInfo(shape).Properties.Select(p => p.Name);

    private static IEnumerable<Type> Answers() => typeof(Program).Assembly.GetTypes()
        .Where(t => !t.IsAbstract && typeof(ControllerBase).IsAssignableFrom(t))
        .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
        .Where(m => m.GetCustomAttributes<HttpMethodAttribute>().Any())
        .SelectMany(m => m.GetCustomAttributes<ProducesResponseTypeAttribute>().Select(p => p.Type).Append(m.ReturnType))
        .Append(typeof(Problem));

    private static HashSet<Type> Reached(IEnumerable<Type> start)
    {
        var reached = new HashSet<Type>();
        var open = new Queue<Type>(start.SelectMany(Parts));
        while (open.TryDequeue(out var type))
        {
            if (WireJson.Options.GetTypeInfo(type).Kind != System.Text.Json.Serialization.Metadata.JsonTypeInfoKind.Object || !reached.Add(type))
                continue;
            foreach (var part in WireJson.Options.GetTypeInfo(type).Properties.SelectMany(p => Parts(p.PropertyType)))
                open.Enqueue(part);
        }

        return reached;
    }

    /// <summary>What is inside tasks, results, lists and maps.</summary>
    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.IsArray)
            return Parts(type.GetElementType()!);
        if (type.IsGenericType && type.Namespace?.StartsWith("MusicGen", StringComparison.Ordinal) != true)
            return type.GetGenericArguments().SelectMany(Parts);
        return type.Namespace?.StartsWith("MusicGen", StringComparison.Ordinal) == true && !type.IsEnum && !typeof(IEnumerable).IsAssignableFrom(type) ? [type] : [];
    }

    [GeneratedRegex(@"^\| `(?<shape>\w+)` \| [^|\n]+ \| `(?<fields>[^`|\n]*)` \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("(?<!email_)hash|_seed|sealed|private|salt|stack|exception|password|path$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Forbidden();
}
