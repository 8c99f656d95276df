using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MusicGen.Programs;

namespace MusicGen.Integration.Support;

/// <summary>What an exporter sends by OTLP/HTTP, read as its protocol says (opentelemetry-proto 1, trace.proto).</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    /// <summary>Bodies by the path that they came to.</summary>
    public ConcurrentQueue<(string Path, byte[] Body)> Received { get; } = [];

    public IReadOnlyList<OtlpSpan> Spans => [.. Received.Where(r => r.Path == "/v1/traces").SelectMany(r => Fields(r.Body)).Where(f => f.Number == 1).SelectMany(f => SpansOf((byte[])f.Value))];

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var collector = new OtlpCollector(builder.Build(), $"http://127.0.0.1:{Ports.Free()}");
        collector._app.Urls.Add(collector.Address);
        collector._app.MapPost("/{**path}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, CancellationToken.None);
            collector.Received.Enqueue((context.Request.Path, body.ToArray()));
        });
        await collector._app.StartAsync(CancellationToken.None);
        return collector;
    }

    public string TextOf(string path) => string.Concat(Received.Where(r => r.Path == path).Select(r => Encoding.Latin1.GetString(r.Body)));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IEnumerable<OtlpSpan> SpansOf(byte[] resourceSpans)
    {
        var fields = Fields(resourceSpans);
        var resource = fields.Where(f => f.Number == 1).SelectMany(f => Attributes(Fields((byte[])f.Value), 1)).ToDictionary();
        return fields.Where(f => f.Number == 2).SelectMany(f => Fields((byte[])f.Value)).Where(f => f.Number == 2).Select(f => SpanOf(Fields((byte[])f.Value), resource));
    }

    private static OtlpSpan SpanOf(List<(int Number, object Value)> span, Dictionary<string, string> resource) => new(
        Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), Attributes(span, 9).ToDictionary(), resource,
        span.Count(f => f.Number == 11), [.. span.Where(f => f.Number == 13).Select(f => Hex(Fields((byte[])f.Value), 1))]);

    private static IEnumerable<KeyValuePair<string, string>> Attributes(List<(int Number, object Value)> message, int number) =>
        message.Where(f => f.Number == number).Select(f => Fields((byte[])f.Value)).Select(pair => KeyValuePair.Create(
            Text(pair, 1), Fields((byte[])pair.First(f => f.Number == 2).Value).Select(v => v.Value is byte[] text ? Encoding.UTF8.GetString(text) : $"{v.Value}").First()));

    private static string Hex(List<(int Number, object Value)> message, int number) =>
        Convert.ToHexStringLower(message.Where(f => f.Number == number).Select(f => (byte[])f.Value).FirstOrDefault() ?? []);

    private static string Text(List<(int Number, object Value)> message, int number) =>
        Encoding.UTF8.GetString((byte[])message.First(f => f.Number == number).Value);

    private static List<(int Number, object Value)> Fields(byte[] message)
    {
        var (fields, input) = (new List<(int, object)>(), new CodedInputStream(message));
        while (input.ReadTag() is not 0 and var tag)
        {
            fields.Add((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => input.ReadFixed32(),
                _ => input.ReadUInt64(),
            }));
        }

        return fields;
    }
}

/// <param name="Trace">As hexadecimal digits, like the ids that follow.</param>
/// <param name="Id">Of the span.</param>
/// <param name="Parent">Empty for a trace's first.</param>
/// <param name="Name">Of the span.</param>
/// <param name="Tags">Its attributes as text.</param>
/// <param name="Resource">Those of whoever sent it.</param>
/// <param name="Events">How many it has.</param>
/// <param name="Links">Traces that it is linked to.</param>
internal sealed record OtlpSpan(
    string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags, IReadOnlyDictionary<string, string> Resource, int Events, IReadOnlyList<string> Links);
