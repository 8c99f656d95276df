using System.Globalization;
using System.Text;

namespace MusicGen.Infrastructure.Redis;

/// <summary>
/// A few questions to a server before the client library has the connection: as much of RESP (redis.io, "Redis
/// serialization protocol") as their answers need. Nothing is left unread, so the library begins where this ends.
/// </summary>
internal sealed class RespConversation(Stream stream)
{
    private const int Longest = 64 * 1024; // INFO's sections are a few hundred bytes

    private readonly byte[] _one = new byte[1];

    /// <summary>Says who we are, where there is something to say.</summary>
    public async Task AuthenticateAsync(string? user, string? password, CancellationToken ct)
    {
        if (!string.IsNullOrEmpty(password))
            await AskAsync(string.IsNullOrEmpty(user) ? ["AUTH", password] : ["AUTH", user, password], ct);
    }

    /// <returns>The answer's strings, one for what isn't an array; none for nil.</returns>
    /// <exception cref="RedisRefusedException">The server says no, or what isn't RESP.</exception>
    public async Task<IReadOnlyList<string>> AskAsync(string[] words, CancellationToken ct)
    {
        var question = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (var word in words)
            question.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(question.ToString()), ct);
        await stream.FlushAsync(ct);
        var answer = new List<string>();
        await ReadAsync(answer, ct);
        return answer;
    }

    private async Task ReadAsync(List<string> answer, CancellationToken ct)
    {
        var line = await ReadLineAsync(ct);
        var rest = line.Length > 0 ? line[1..] : string.Empty;
        switch (line.Length > 0 ? line[0] : ' ')
        {
            case '+' or ':':
                answer.Add(rest);
                break;
            case '$' when Length(rest) is var length and >= 0:
                answer.Add(await ReadTextAsync(length, ct));
                break;
            case '*':
                for (var left = Length(rest); left > 0; left--)
                    await ReadAsync(answer, ct);
                break;
            case '$':
                break;
            case '-':
                throw new RedisRefusedException(rest);
            default:
                throw new RedisRefusedException("What answers is no Redis, or speaks TLS where none was asked for.");
        }
    }

    private static int Length(string digits) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var length) && length <= Longest
            ? length
            : throw new RedisRefusedException("What answers is no Redis.");

    private async Task<string> ReadTextAsync(int length, CancellationToken ct)
    {
        var bytes = new byte[length + 2];
        await stream.ReadExactlyAsync(bytes, ct);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<string> ReadLineAsync(CancellationToken ct)
    {
        var line = new StringBuilder();
        while (line.Length < Longest)
        {
            await stream.ReadExactlyAsync(_one, ct);
            if (_one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)_one[0]);
        }

        throw new RedisRefusedException("What answers is no Redis.");
    }
}
