using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MusicGen.Tests.Support;

/// <summary>Tokens as the original service made them, byte by byte, and as an attacker would bend them.</summary>
internal sealed class LegacyTokenMaker(string secret, DateTimeOffset now)
{
    /// <summary>Long enough for HS512, so that only the pinned algorithm can refuse such a token, not the key's length.</summary>
    public const string Secret = "b7Qv2mX9tLk4RwZp8Ys1Nf6Hd3Jc5GaE0uTiOoVer3Wm8KxPq1ZsLd6Yf9Gj2Hn5Tb7Cv4RaQeUiXoSp";

    private readonly string _subject = Guid.NewGuid().ToString("D");

    /// <summary>The claims of an access token; the original's times are floats.</summary>
    public JsonObject Access(string email) => new()
    {
        ["sub"] = _subject,
        ["email"] = email,
        ["username"] = "ada_l",
        ["roles"] = new JsonArray("admin"),
        ["tier"] = "enterprise",
        ["is_verified"] = true,
        ["token_type"] = "access",
        ["iat"] = Seconds(now.AddHours(-1)),
        ["exp"] = Seconds(now.AddMinutes(-45)),
        ["jti"] = Guid.NewGuid().ToString("D"),
        ["iss"] = "music-gen-auth",
        ["aud"] = "music-gen-api",
    };

    /// <summary>The claims of its refresh token.</summary>
    public JsonObject Refresh(int days = 7) => new()
    {
        ["sub"] = _subject,
        ["token_type"] = "refresh",
        ["iat"] = Seconds(now.AddHours(-1)),
        ["exp"] = Seconds(now.AddHours(-1).AddDays(days)),
        ["jti"] = Guid.NewGuid().ToString("D"),
        ["iss"] = "music-gen-auth",
        ["aud"] = "music-gen-api",
    };

    public string Sign(JsonObject claims, string algorithm = "HS256") => Sign(claims, algorithm, input => algorithm switch
    {
        "HS512" => HMACSHA512.HashData(Encoding.UTF8.GetBytes(secret), input),
        "none" => [],
        _ => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), input),
    });

    public static string Sign(JsonObject claims, string algorithm, Func<byte[], byte[]> signature)
    {
        var body = $"{Part(new { alg = algorithm, typ = "JWT" })}.{Part(claims)}";
        return $"{body}.{Base64Url.EncodeToString(signature(Encoding.ASCII.GetBytes(body)))}";
    }

    public static double Seconds(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).TotalSeconds + 0.123456;

    private static string Part(object content) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(content));
}
