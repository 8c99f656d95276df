using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MusicGen.Integration.Support;

/// <summary>AWS's signature, version 4, as a server checks it: written from its specification, not with the client's code.</summary>
internal static class S3Signature
{
    /// <summary>Whether a request was signed with that key, its headers and its whole body included.</summary>
    public static bool Verify(HttpRequest request, byte[] body, string keyId, string secret)
    {
        var parts = $"{request.Headers.Authorization}".Replace("AWS4-HMAC-SHA256 ", string.Empty, StringComparison.Ordinal)
            .Split(", ").Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        if (!parts.TryGetValue("Credential", out var credential) || credential.Split('/') is not [var id, var date, var region, "s3", "aws4_request"] || id != keyId)
            return false;
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        if (request.Headers["x-amz-content-sha256"] != hash)
            return false;

        var signed = parts["SignedHeaders"].Split(';');
        var raw = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?', 2);
        var query = string.Join('&', (raw.Length == 2 ? raw[1] : string.Empty).Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(q => q.Contains('=', StringComparison.Ordinal) ? q : q + "=").Order(StringComparer.Ordinal));
        var headers = string.Concat(signed.Select(h => $"{h}:{$"{(h == "host" ? request.Host.Value : request.Headers[h])}".Trim()}\n"));
        var canonical = string.Join('\n', request.Method, raw[0], query, headers, parts["SignedHeaders"], hash);
        var text = $"AWS4-HMAC-SHA256\n{request.Headers["x-amz-date"]}\n{date}/{region}/s3/aws4_request\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = ((string[])[date, region, "s3", "aws4_request"]).Aggregate(Encoding.UTF8.GetBytes("AWS4" + secret), Sign);
        return parts["Signature"] == Convert.ToHexStringLower(Sign(key, text));
    }

    private static byte[] Sign(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
