using System.Globalization;
using System.Net;
using System.Text;

namespace MusicGen.Programs.Proxies;

/// <summary>What a client sends that wants to be somebody else: proxies' headers, well formed and not.</summary>
internal sealed class HostileHeaders(Random random, IReadOnlyList<string> tempting, int longestChain = 400)
{
    /// <summary>Headers by which proxies, servers and frameworks learn of addresses, hosts, schemes and paths.</summary>
    public static readonly string[] Others =
    [
        "X-Real-IP", "CF-Connecting-IP", "X-Client-IP", "X-Forwarded", "Forwarded-For", "True-Client-IP", "X-Cluster-Client-IP",
        "X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Original-URL", "X-Rewrite-URL",
        "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Server", "X-Original-For", "X-Original-Proto", "X-ProxyUser-Ip",
        "Fastly-Client-IP", "X-Azure-ClientIP", "X_Forwarded_For", "X-Host", "Front-End-Https", "Via",
    ];

    private static readonly string[] Separators = [",", ", ", " , ", ",\t", ";", " "];

    private static readonly string[] Nonsense =
    [
        "", " ", "unknown", "_hidden", "_", "\"", "\"\"", "\\", "\\\"", "\"a,b\"", "\"a;b", ",", ",,,", "1", "0x7f.0.0.1", "127.1", "010.0.0.1",
        "2130706433", "fe80::1%eth0", "[fe80::1%25eth0]", "[", "]", "[]", "[::1", "::1]", "::", "0.0.0.0", "255.255.255.255", "10.0.0.0/8",
        "localhost", "null", "-", "1.2.3.4:", "1.2.3.4:99999", "[2001:db8::1]:", "for=", "for=\"", "by=\"", "for=10.0.0.1;by=\"", "=", ";", ";;for=1.2.3.4",
        "for=\"[2001:db8::bad]\";host=\"", "for=_x;proto=\"\\\"", "FOR = 1.2.3.4", "proto=http", "http", "javascript:", "%0d%0aX: y",
    ];

    /// <summary>Any number of lines, in the order in which they are sent.</summary>
    public List<HeaderLine> Draw()
    {
        var lines = new List<HeaderLine>();
        Add(lines, "X-Forwarded-For", Chain);
        Add(lines, "Forwarded", () => Many(Element));
        Add(lines, "X-Forwarded-Proto", () => Many(() => Pick(["http", "https", "HTTPS", "ftp", "", "\"", "on"])));
        for (var i = random.Next(4); i > 0; i--)
            Add(lines, Pick(Others), random.Next(4) == 0 ? Chain : Address);
        return lines;
    }

    private void Add(List<HeaderLine> lines, string name, Func<string> value)
    {
        // Most have one line or none; a few have several, in which other lines may stand between.
        for (var count = random.Next(8) switch { < 3 => 0, < 7 => 1, _ => random.Next(2, 5) }; count > 0; count--)
            lines.Insert(random.Next(lines.Count + 1), new HeaderLine(random.Next(10) == 0 ? OtherCase(name) : name, value().Trim()));
    }

    private string Chain() => Many(Address);

    private string Many(Func<string> one)
    {
        var count = random.Next(50) == 0 ? random.Next(longestChain) : random.Next(5);
        var separator = random.Next(3) == 0 ? Pick(Separators) : ", ";
        return string.Join(separator, Enumerable.Range(0, count).Select(_ => one()));
    }

    private string Address() => random.Next(12) switch
    {
        < 3 => tempting.Count > 0 ? tempting[random.Next(tempting.Count)] : "127.0.0.1",
        3 => string.Create(CultureInfo.InvariantCulture, $"10.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}"),
        4 => string.Create(CultureInfo.InvariantCulture, $"198.51.100.{random.Next(256)}:{random.Next(70_000)}"),
        5 => Six(),
        6 => $"[{Six()}]",
        7 => string.Create(CultureInfo.InvariantCulture, $"[{Six()}]:{random.Next(65_536)}"),
        8 => string.Create(CultureInfo.InvariantCulture, $"::ffff:203.0.113.{random.Next(256)}"),
        9 => Garbage(),
        _ => Pick(Nonsense),
    };

    private string Element()
    {
        var parts = new List<string>();
        for (var i = random.Next(4); i > 0; i--)
        {
            var value = random.Next(5) == 0 ? Pick(Nonsense) : Address();
            if (random.Next(2) == 0)
                value = random.Next(4) == 0 ? '"' + value : $"\"{value}\""; // some stay open
            parts.Add($"{Pick(["for", "For", "by", "host", "proto", "secret", ""])}={value}");
        }

        return string.Join(random.Next(5) == 0 ? " ; " : ";", parts);
    }

    private string Six()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        (bytes[0], bytes[1]) = random.Next(3) == 0 ? ((byte)0xfd, (byte)0) : ((byte)0x20, (byte)1);
        return new IPAddress(bytes).ToString();
    }

    private string Garbage()
    {
        var text = new StringBuilder();
        for (var i = random.Next(12); i > 0; i--)
            text.Append((char)(random.Next(20) == 0 ? random.Next(0xa0, 0x100) : random.Next(0x21, 0x7f)));
        return text.ToString();
    }

    private string Pick(string[] words) => words[random.Next(words.Length)];

    private static string OtherCase(string name) => string.Concat(name.Select((c, i) => i % 2 == 0 ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)));
}
