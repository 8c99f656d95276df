using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using MusicGen.Domain.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>A signing key as this process holds it: opened where its seal is ours.</summary>
internal sealed record RingKey(string Kid, ECDsaSecurityKey Public, SigningCredentials? Signer, DateTimeOffset ActiveAt, DateTimeOffset? RetiredAt)
{
    private const string Purpose = "signing-keys";

    /// <summary>Whether it can sign now.</summary>
    public bool SignsAt(DateTimeOffset now) => Signer is not null && ActiveAt <= now && VerifiesAt(now);

    public bool VerifiesAt(DateTimeOffset now) => RetiredAt is not { } end || now < end;

    /// <summary>Makes a new key.</summary>
    public static SigningKey Create(SecretKeys secrets, DateTimeOffset now, DateTimeOffset activeAt)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var kid = Base64UrlEncoder.Encode(JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(pair)).ComputeJwkThumbprint());
        var content = pair.ExportPkcs8PrivateKey();
        var box = secrets.Seal(Purpose, content, kid);
        CryptographicOperations.ZeroMemory(content);
        return new SigningKey(kid, box, Convert.ToBase64String(pair.ExportSubjectPublicKeyInfo()), now, activeAt);
    }

    /// <summary>Opens a stored key as far as the secrets allow.</summary>
    public static RingKey Open(SecretKeys secrets, SigningKey stored)
    {
        var verifying = ECDsa.Create();
        verifying.ImportSubjectPublicKeyInfo(Convert.FromBase64String(stored.PublicKey), out _);

        SigningCredentials? signer = null;
        if (secrets.Open(Purpose, stored.SealedPrivateKey, stored.Kid) is { } content)
        {
            var signing = ECDsa.Create();
            signing.ImportPkcs8PrivateKey(content, out _);
            CryptographicOperations.ZeroMemory(content);
            signer = new SigningCredentials(new ECDsaSecurityKey(signing) { KeyId = stored.Kid }, SecurityAlgorithms.EcdsaSha256);
        }

        return new RingKey(stored.Kid, new ECDsaSecurityKey(verifying) { KeyId = stored.Kid }, signer, stored.ActiveAt, stored.RetiredAt);
    }

    /// <summary>Whether a stored key, as far as that is known of it, opens under a secret that we have.</summary>
    public static bool Opens(SecretKeys secrets, string kid, string sealedPrivateKey)
    {
        if (secrets.Open(Purpose, sealedPrivateKey, kid) is not { } content)
            return false;
        CryptographicOperations.ZeroMemory(content);
        return true;
    }

    /// <summary>Seals a stored key under the present secret; false when it can't be opened or lies there already.</summary>
    public static bool Reseal(SecretKeys secrets, SigningKey stored)
    {
        if (secrets.IsCurrent(stored.SealedPrivateKey) || secrets.Open(Purpose, stored.SealedPrivateKey, stored.Kid) is not { } content)
            return false;
        stored.Reseal(secrets.Seal(Purpose, content, stored.Kid));
        CryptographicOperations.ZeroMemory(content);
        return true;
    }

    /// <summary>The public half as an RFC 7517 key.</summary>
    public IReadOnlyDictionary<string, string> ToJwk()
    {
        var point = Public.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new Dictionary<string, string>
        {
            ["kty"] = "EC",
            ["use"] = "sig",
            ["alg"] = SecurityAlgorithms.EcdsaSha256,
            ["crv"] = "P-256",
            ["kid"] = Kid,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }
}
