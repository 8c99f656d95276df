using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MusicGen.Application.Identity;

namespace MusicGen.Integration.Support;

/// <summary>HMAC under one key, for tests of what lies on top of it.</summary>
internal sealed class TestAuthenticator(string secret = "a secret of at least thirty-two characters") : IMessageAuthenticator
{
    public string Sign(string purpose, string message) =>
        $"k1.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{purpose}\n{message}")))}";

    public bool Verify(string purpose, string message, string signature) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(purpose, message)), Encoding.UTF8.GetBytes(signature));
}
