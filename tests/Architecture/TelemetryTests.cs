using System.Text.RegularExpressions;

namespace MusicGen.Architecture;

/// <summary>docs/observing.md lists every number, span and tag of the product, and the source makes no other.</summary>
public sealed partial class TelemetryTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Solution.Root, "docs", "observing.md"));

    [Fact]
    public void Every_number_is_listed_and_no_other_is()
    {
        var made = Names(Instrument());

        Assert.True(made.Count > 20, "The search found too few.");
        Assert.Equal(made, Listed("## Numbers"));
        Assert.Matches(Instrument(), "Meter.CreateGauge<long>(\"musicgen.x.y\", ");
        Assert.Matches(Instrument(), "Histogram(\"musicgen.x\", ");
    }

    [Fact]
    public void Every_span_stands_in_the_picture()
    {
        var picture = Section("## Traces").Split("```")[1];
        var made = Names(Span());

        Assert.True(made.Count > 10, "The search found too few.");
        Assert.All(made, n => Assert.Matches($@"(?<![\w.]){Regex.Escape(n)}(?![\w.])", picture));
        Assert.Empty(Picture().Matches(picture).Select(m => m.Groups["name"].Value).Except(made).Except(["GenerateMusicCommand", "RunGenerationCommand"]));
    }

    // A tag's value is what might tell of somebody, so each has a line that says what it holds.
    [Fact]
    public void Every_tag_is_listed_and_no_other_is()
    {
        var made = Names(Tag());

        Assert.True(made.Count > 8, "The search found too few.");
        Assert.Equal(made, Listed("## Traces"));
        Assert.Empty(Sources.CSharp.Find(Other()));
        Assert.Matches(Other(), "span.SetBaggage(");
        Assert.Matches(Other(), "span.AddException(");
        Assert.Matches(Other(), "Telemetry.Source.StartActivity(name)");
    }

    private static List<string> Names(Regex pattern) =>
        [.. Sources.CSharp.Values.SelectMany(t => pattern.Matches(t)).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Listed(string heading) =>
        Row().Matches(Section(heading)).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal);

    private static string Section(string heading) => Document.ReplaceLineEndings("\n").Split(heading + "\n")[1].Split("\n## ")[0];

    [GeneratedRegex(@"(?:Create\w+(?:<\w+>)?|\bHistogram)\(\s*""(?<name>musicgen\.[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\b(?:StartActivity|StartApart|Start)\(""(?<name>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Span();

    [GeneratedRegex(@"SetTag\(""(?<name>[^""]+)""|TaskTag = ""(?<name>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Tag();

    // Names that aren't constants are those of commands (LoggingBehavior), of the queue's two spans and of tags that are taken out.
    [GeneratedRegex(@"SetBaggage\(|AddBaggage\(|AddException\(|RecordException\(|SetTag\((?!""|Telemetry\.TaskTag|tag, null)|Source\.StartActivity\((?!""|typeof\(TRequest\)\.Name|name\)|name, kind)|Telemetry\.Source\.StartActivity\(name\)")]
    private static partial Regex Other();

    [GeneratedRegex(@"^\| `(?<name>[a-z_.]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex(@"^ +(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Picture();
}
