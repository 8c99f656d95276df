namespace MusicGen.Programs.Proxies;

/// <summary>The proxies' configurations as the documents for operators have them, put on loopback ports by changing nothing but places.</summary>
internal static class ProxyRecipes
{
    private const string Letsencrypt = "/etc/letsencrypt/live/music.example.org/";

    /// <summary>The server blocks of docs/deployment.md within the least that nginx needs around them.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="folder">Of nginx's own files, with <c>fullchain.pem</c> and <c>privkey.pem</c>.</param>
    /// <param name="ports">Of plain http, TLS and the service.</param>
    public static string Nginx(string root, string folder, ProxyPorts ports) => Nginx(root, folder, ports, upstream: string.Empty, $"http://127.0.0.1:{ports.Service}");

    /// <summary>The same in front of two nodes, by the document's upstream.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="folder">Of nginx's own files.</param>
    /// <param name="ports">Of plain http, TLS and the first node.</param>
    /// <param name="second">The second node's port.</param>
    public static string NginxOfNodes(string root, string folder, ProxyPorts ports, int second)
    {
        var upstream = Block(root, "docs/deployment.md", "nginx", 1);
        upstream = Swap(upstream, "10.0.0.11:8000", $"127.0.0.1:{ports.Service}");
        upstream = Swap(upstream, "10.0.0.12:8000", $"127.0.0.1:{second}");
        return Nginx(root, folder, ports, upstream, "http://musicgen");
    }

    private static string Nginx(string root, string folder, ProxyPorts ports, string upstream, string target)
    {
        var recipe = Block(root, "docs/deployment.md", "nginx", 0);
        recipe = Swap(recipe, "listen 80;", $"listen 127.0.0.1:{ports.Plain};");
        recipe = Swap(recipe, "    listen [::]:80;\n", string.Empty);
        recipe = Swap(recipe, "listen 443 ssl;", $"listen 127.0.0.1:{ports.Tls} ssl;");
        recipe = Swap(recipe, "    listen [::]:443 ssl;\n", string.Empty);
        recipe = Swap(recipe, Letsencrypt + "fullchain.pem", $"{folder}/fullchain.pem");
        recipe = Swap(recipe, Letsencrypt + "privkey.pem", $"{folder}/privkey.pem");
        recipe = Swap(recipe, "proxy_pass http://127.0.0.1:8000;", $"proxy_pass {target};");
        return $$"""
            daemon off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            events { }
            http {
            access_log off;
            client_body_temp_path {{folder}}/body;
            proxy_temp_path {{folder}}/proxy;
            proxy_max_temp_file_size 0;
            fastcgi_temp_path {{folder}}/fastcgi;
            uwsgi_temp_path {{folder}}/uwsgi;
            scgi_temp_path {{folder}}/scgi;
            {{upstream}}
            {{recipe}}
            }
            """;
    }

    /// <summary>The frontend and backend of docs/rate_limiting_guide.md with the timeouts that HAProxy asks for.</summary>
    /// <param name="root">The repository.</param>
    /// <param name="folder">With <c>music.pem</c>: certificate and key.</param>
    /// <param name="ports">Of TLS and the service; both servers of the recipe are the one.</param>
    /// <param name="forwarded">Whether the guide's lines for Forwarded are in the place of those for X-Forwarded-For.</param>
    public static string HAProxy(string root, string folder, ProxyPorts ports, bool forwarded)
    {
        const string guide = "docs/rate_limiting_guide.md";
        var recipe = Block(root, guide, "haproxy", 0);
        recipe = Swap(recipe, "bind :443 ssl", $"bind 127.0.0.1:{ports.Tls},[::1]:{ports.Tls} ssl");
        recipe = Swap(recipe, "/etc/haproxy/music.pem", $"{folder}/music.pem");
        recipe = Swap(recipe, "10.0.0.11:8000", $"127.0.0.1:{ports.Service}");
        recipe = Swap(recipe, "10.0.0.12:8000", $"127.0.0.1:{ports.Service}");
        if (forwarded)
            recipe = Swap(recipe, "    option forwardfor\n    http-request set-header X-Forwarded-Proto https\n", Block(root, guide, "haproxy", 1));
        return $"""
            defaults
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            {recipe}

            """;
    }

    /// <summary>The nth fenced block of a language.</summary>
    public static string Block(string root, string document, string language, int index)
    {
        var text = File.ReadAllText(Path.Combine(root, document)).ReplaceLineEndings("\n");
        var blocks = text.Split($"```{language}\n").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]).ToList();
        return index < blocks.Count ? blocks[index] : throw new InvalidOperationException($"{document} has no recipe {index + 1} for {language}.");
    }

    // What isn't found exactly once has changed in the document, and would be run unchanged.
    private static string Swap(string text, string old, string replacement)
    {
        var count = text.Split(old).Length - 1;
        return count == 1 ? text.Replace(old, replacement, StringComparison.Ordinal) : throw new InvalidOperationException($"The recipe has \"{old.Trim()}\" {count} times.");
    }
}

/// <param name="Plain">Where the proxy speaks http.</param>
/// <param name="Tls">Where the proxy speaks TLS.</param>
/// <param name="Service">Where the service listens.</param>
internal sealed record ProxyPorts(int Plain, int Tls, int Service);
