using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using MusicGen.Infrastructure.Identity;

namespace MusicGen.Integration.Support;

/// <summary>
/// A browser's own access token taken apart and put together again with one thing changed. Signed with the server's own
/// key, so that the change alone can be what is refused.
/// </summary>
internal sealed class ForgedToken
{
    private readonly ECDsaSecurityKey _key;

    private ForgedToken(JsonObject header, JsonObject payload, ECDsaSecurityKey key)
    {
        Header = header;
        Payload = payload;
        _key = key;
    }

    public JsonObject Header { get; }

    public JsonObject Payload { get; }

    public ECParameters PublicKey => _key.ECDsa.ExportParameters(includePrivateParameters: false);

    public static async Task<ForgedToken> OfAsync(Browser browser, MusicGenApp app)
    {
        var parts = browser.Cookie("auth_token")!.Split('.');
        var signer = await app.Services.GetRequiredService<SigningKeyRing>().SignerAsync(TestContext.Current.CancellationToken);
        return new ForgedToken(Read(parts[0]), Read(parts[1]), (ECDsaSecurityKey)signer.Key);
    }

    public string Sign() => Sign(_key.ECDsa);

    /// <summary>By a key that isn't the server's.</summary>
    public string Sign(ECDsa key) => $"{Text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(Text), HashAlgorithmName.SHA256))}";

    /// <summary>As if the public key were a shared secret.</summary>
    public string SignSymmetrically(byte[] secret) => $"{Text}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(Text)))}";

    public string Unsigned() => $"{Text}.";

    private string Text => $"{Write(Header)}.{Write(Payload)}";

    private static JsonObject Read(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();

    private static string Write(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
