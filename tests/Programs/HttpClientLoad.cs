using System.Diagnostics;

namespace MusicGen.Programs;

/// <summary>The same requests by .NET's own client, as a service beside this one would send them; it costs several times as much as a bare endpoint.</summary>
internal sealed class HttpClientLoad : ILoad
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseCookies = false });
    private readonly Uri _address;
    private readonly (string Name, string Value)[][] _headers;
    private readonly byte[] _expected;

    /// <param name="server">On loopback.</param>
    /// <param name="path">What each client asks for.</param>
    /// <param name="headers">Of each client.</param>
    /// <param name="expected">What every body begins with.</param>
    public HttpClientLoad(Uri server, string path, IEnumerable<(string Name, string Value)[]> headers, byte[] expected)
    {
        _address = new Uri(server, path);
        _headers = [.. headers];
        _expected = expected;
    }

    public byte[] LastBody { get; private set; } = [];

    public double Run(TimeSpan length)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = Task.WhenAll(_headers.Select(h => SendAsync(h, start, length))).GetAwaiter().GetResult();
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose() => _http.Dispose();

    private async Task<int> SendAsync((string Name, string Value)[] headers, long start, TimeSpan length)
    {
        var count = 0;
        for (; Stopwatch.GetElapsedTime(start) < length; count++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _address);
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await _http.SendAsync(request, CancellationToken.None);
            var body = await answer.Content.ReadAsByteArrayAsync();
            if (!answer.IsSuccessStatusCode || !body.AsSpan().StartsWith(_expected))
                throw new InvalidOperationException($"An answer that doesn't count: {answer.StatusCode}");
            LastBody = body;
        }

        return count;
    }
}
