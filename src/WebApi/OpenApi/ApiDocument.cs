using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace MusicGen.WebApi.OpenApi;

/// <summary>
/// The description as it is sent, made once. Making it takes a fifth of a second of a core, and whoever asks for it is
/// anonymous and isn't counted: made anew for each, a dozen requests a second would be all that the server does.
/// </summary>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider) : IDisposable
{
    public const string Name = "v1";

    private readonly SemaphoreSlim _making = new(1);
    private volatile Written? _written;

    /// <summary>The same for everybody: it depends on no request.</summary>
    public async Task<Written> GetAsync(CancellationToken ct)
    {
        if (_written is { } known)
            return known;
        await _making.WaitAsync(ct);
        try
        {
            return _written ??= await MakeAsync(ct);
        }
        finally
        {
            _making.Release();
        }
    }

    public void Dispose() => _making.Dispose();

    private async Task<Written> MakeAsync(CancellationToken ct)
    {
        var document = await provider.GetOpenApiDocumentAsync(ct);
        using var stream = new MemoryStream();
        await document.SerializeAsJsonAsync(stream, OpenApiSpecVersion.OpenApi3_1, ct);
        var bytes = stream.ToArray();
        return new Written(bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\""));
    }

    /// <param name="Json">UTF-8.</param>
    /// <param name="Tag">Another one for another text.</param>
    internal sealed record Written(byte[] Json, EntityTagHeaderValue Tag);
}
