using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using MusicGen.Application.Identity;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Keys derived from JWT_SECRET_KEY by HKDF-SHA-256, one for each purpose, so that a signature for one purpose is none
/// for another. Whatever they make names the secret it was made under: JWT_SECRET_KEY_PREVIOUS is found by that name.
/// </summary>
internal sealed class SecretKeys : IMessageAuthenticator
{
    private const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly Secret _current;
    private readonly Secret[] _all;

    public SecretKeys(IOptions<JwtOptions> options)
    {
        _current = new Secret(options.Value.SecretKey);
        _all = string.IsNullOrEmpty(options.Value.PreviousSecretKey) ? [_current] : [_current, new Secret(options.Value.PreviousSecretKey)];
    }

    /// <summary>The name of the present secret: eight characters that tell nothing about it.</summary>
    public string CurrentId => _current.Id;

    public string Sign(string purpose, string message) => $"{_current.Id}.{Base64Url.EncodeToString(_current.Authenticate(purpose, message))}";

    public bool Verify(string purpose, string message, string signature)
    {
        var dot = signature.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || Find(signature[..dot]) is not { } secret)
            return false;
        // As text, so that no second spelling of the same bytes passes.
        var expected = Base64Url.EncodeToString(secret.Authenticate(purpose, message));
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(signature.AsSpan(dot + 1)), MemoryMarshal.AsBytes(expected.AsSpan()));
    }

    /// <summary>Encrypts (AES-256-GCM) under the present secret.</summary>
    /// <param name="purpose">What the key is for.</param>
    /// <param name="content">Any bytes.</param>
    /// <param name="name">What the content belongs to; it opens under no other name.</param>
    /// <returns><c>KEYID.BASE64URL</c></returns>
    public string Seal(string purpose, ReadOnlySpan<byte> content, string name)
    {
        var box = new byte[NonceLength + TagLength + content.Length];
        var nonce = box.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_current.Key(purpose), TagLength);
        aes.Encrypt(nonce, content, box.AsSpan(NonceLength + TagLength), box.AsSpan(NonceLength, TagLength), Encoding.UTF8.GetBytes(name));
        return $"{_current.Id}.{Base64Url.EncodeToString(box)}";
    }

    /// <summary>Null when it was sealed under a secret that we don't have, or isn't what was sealed.</summary>
    public byte[]? Open(string purpose, string box, string name)
    {
        var dot = box.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || Find(box[..dot]) is not { } secret)
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(box.AsSpan(dot + 1)).AsSpan();
            var content = new byte[bytes.Length - NonceLength - TagLength];
            using var aes = new AesGcm(secret.Key(purpose), TagLength);
            aes.Decrypt(bytes[..NonceLength], bytes[(NonceLength + TagLength)..], bytes.Slice(NonceLength, TagLength), content, Encoding.UTF8.GetBytes(name));
            return content;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether a sealed box lies under the present secret.</summary>
    public bool IsCurrent(string box) => box.StartsWith(_current.Id + ".", StringComparison.Ordinal);

    private Secret? Find(string id) => Array.Find(_all, secret => secret.Id == id);

    private sealed class Secret
    {
        private static readonly byte[] Salt = "musicgen/secret/v1"u8.ToArray();

        private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);
        private readonly byte[] _pseudoRandomKey;

        public Secret(string text)
        {
            _pseudoRandomKey = HKDF.Extract(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(text), Salt);
            Id = Base64Url.EncodeToString(Key("id").AsSpan(0, 6));
        }

        public string Id { get; }

        public byte[] Key(string purpose) => _keys.GetOrAdd(purpose, p =>
            HKDF.Expand(HashAlgorithmName.SHA256, _pseudoRandomKey, KeyLength, Encoding.UTF8.GetBytes(p)));

        public byte[] Authenticate(string purpose, string message) => HMACSHA256.HashData(Key(purpose), Encoding.UTF8.GetBytes(message));
    }
}
