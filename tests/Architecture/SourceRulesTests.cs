using System.Text.RegularExpressions;

namespace MusicGen.Architecture;

/// <summary>What somebody sent never becomes a pattern, a template, an address or a lookup by name. Each rule has to catch what it forbids.</summary>
public sealed partial class SourceRulesTests
{
    [Fact]
    public void No_pattern_is_made_at_run_time()
    {
        Assert.Empty(Sources.CSharp.Find(RuntimePattern()));
        Assert.Empty(Sources.Scripts.Find(ScriptPattern()));

        Assert.Matches(RuntimePattern(), "var x = new Regex(input);");
        Assert.Matches(RuntimePattern(), "Regex.IsMatch(text, input)");
        Assert.Matches(ScriptPattern(), "new RegExp(input)");
        Assert.DoesNotMatch(RuntimePattern(), "[GeneratedRegex(\"a\")] private static partial Regex A();");
    }

    // [LoggerMessage] takes constants only; nothing else writes to a log. The one relay hands on what another logger made.
    [Fact]
    public void Log_templates_are_constants()
    {
        Assert.Equal(["src/Infrastructure/Redis/GarnetLoggers.cs: logger.BeginScope(", "src/Infrastructure/Redis/GarnetLoggers.cs: logger.Log("], Sources.CSharp.Find(LogCall()));
        Assert.Contains("dotnet_diagnostic.CA2254.severity = error", File.ReadAllText(Path.Combine(Solution.Root, ".editorconfig")), StringComparison.Ordinal);

        Assert.Matches(LogCall(), "_logger.LogInformation(text)");
        Assert.Matches(LogCall(), "Log.Error(text)");
        Assert.True(Sources.CSharp.Values.Sum(t => Regex.Count(t, @"\[LoggerMessage\(")) > 30, "The search found too few messages.");
    }

    [Fact]
    public void No_text_is_a_format_or_a_template()
    {
        Assert.Empty(Sources.CSharp.Find(Format()));
        var packages = File.ReadAllText(Path.Combine(Solution.Root, "Directory.Packages.props"));
        Assert.DoesNotMatch(TemplateEngine(), packages);

        Assert.Matches(Format(), "string.Format(CultureInfo.InvariantCulture, input, x)");
        Assert.Matches(Format(), "CompositeFormat.Parse(input)");
        Assert.Matches(TemplateEngine(), "<PackageVersion Include=\"Scriban\" Version=\"1\" />");
    }

    // Everything else that opens a connection has its address from a variable: docs/connections.md lists them.
    [Fact]
    public void Connections_are_made_in_the_listed_places_only()
    {
        Assert.Equal(
            [
                "src/Infrastructure/Files/Bucket.cs: new AmazonS3Client(",
                "src/Infrastructure/Generations/AudioEncoding.cs: new ProcessStartInfo(",
                "src/Infrastructure/Identity/MailSender.cs: new SmtpClient",
                "src/Infrastructure/OutgoingHttp.cs: new SocketsHttpHandler",
                "src/Infrastructure/Persistence/SqlServerMusicGenDbContext.cs: UseSqlServer(",
                "src/Infrastructure/Persistence/SqliteMusicGenDbContext.cs: UseSqlite(",
                "src/Infrastructure/Redis/RedisConnections.cs: new NetworkStream(",
                "src/Infrastructure/Redis/RedisRegistration.cs: ConnectionMultiplexer.Connect(",
                "src/Infrastructure/Redis/RedisSentinels.cs: Dns.Get",
                "src/Infrastructure/Redis/RedisSentinels.cs: new NetworkStream(",
                "src/Infrastructure/Redis/RedisSentinels.cs: new Socket(",
                "src/WebApi/CommandLine/Models/ModelHub.cs: HttpClient _http = new(",
                "src/WebApi/Http/Operations.cs: new HttpClient(",
            ],
            Sources.CSharp.Find(Connection()).Where(c => !c.Contains("DesignTime", StringComparison.Ordinal)).Distinct());
        Assert.Equal(
            ["src/Infrastructure/Files/Bucket.cs: OutgoingHttp.To(", "src/WebApi/CommandLine/Models/ModelHub.cs: OutgoingHttp.To(", "src/WebApi/Hosting/SecurityLog.cs: OutgoingHttp.To(", "src/WebApi/Http/Operations.cs: OutgoingHttp.To("],
            Sources.CSharp.Find(Outgoing()));

        Assert.Matches(Connection(), "using var client = new HttpClient();");
        Assert.Matches(Connection(), "await socket.ConnectAsync(host, port)");
        Assert.Matches(Connection(), "services.AddHttpClient()");
    }

    [Fact]
    public void Nobody_is_redirected()
    {
        Assert.Empty(Sources.CSharp.Find(Redirect()));

        Assert.Matches(Redirect(), "return Redirect(next);");
        Assert.Matches(Redirect(), "context.Response.Headers.Location = next;");
        Assert.Matches(Redirect(), "app.UseHttpsRedirection();");
    }

    [Fact]
    public void The_pages_scripts_find_elements_by_functions_and_keep_nothing_in_globals()
    {
        string[] members =
            ["activeElement", "addEventListener", "body", "createElement", "createElementNS", "getElementById", "querySelector", "querySelectorAll", "title", "visibilityState"];

        Assert.Empty(Sources.Scripts.Find(DocumentMember()).Select(m => m[(m.LastIndexOf('.') + 1)..]).Except(members, StringComparer.Ordinal));
        Assert.Empty(Sources.Scripts.Find(GlobalWrite()));
        Assert.Equal(["src/WebApi/wwwroot/js/webauthn.js: globalThis.PublicKeyCredential", "src/WebApi/wwwroot/js/webauthn.js: globalThis.PublicKeyCredential"], Sources.Scripts.Find(GlobalMember()));
        // Modules are strict: what isn't declared is no variable.
        Assert.All(Sources.Scripts, s => Assert.Matches(@"(?m)^(import|export) ", s.Value));
        Assert.Empty(Sources.Scripts.Find(CollectionByName()));

        Assert.Matches(DocumentMember(), "document.forms");
        Assert.Matches(GlobalWrite(), "window.user = 1");
        Assert.Matches(GlobalWrite(), "document.user = 1");
        Assert.Matches(CollectionByName(), "document['user']");
    }

    [Fact]
    public void The_page_speaks_to_no_other_window_leads_nowhere_else_and_loads_nothing_from_elsewhere()
    {
        var root = Path.Combine(Solution.Root, "src", "WebApi", "wwwroot");
        var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(root, f).Replace('\\', '/'), File.ReadAllText, StringComparer.Ordinal);

        Assert.True(files.Count > 40, "The search found too little.");
        Assert.Equal(["js/bus.js: channel?.postMessage("], files.Find(Message()));
        Assert.Matches(@"channel = 'BroadcastChannel' in globalThis \? new BroadcastChannel\('musicgen'\)", files["js/bus.js"]);
        Assert.Empty(files.Find(OtherWindow()));
        // The one address with a host is the name of SVG's namespace, which nobody opens.
        Assert.Equal(["http://www.w3.org/2000/svg"], files.Find(Address()).Select(m => m[(m.IndexOf(": ", StringComparison.Ordinal) + 2)..]).Distinct());

        Assert.Matches(Message(), "parent.postMessage(x, '*')");
        Assert.Matches(OtherWindow(), "window.open(url)");
        Assert.Matches(Address(), "<script src=\"//cdn.example.org/x.js\">");
    }

    [Fact]
    public void Password_fields_are_masked_name_themselves_to_managers_and_let_anybody_paste()
    {
        var html = File.ReadAllText(Path.Combine(Solution.Root, "src", "WebApi", "wwwroot", "index.html"));
        var fields = Input().Matches(html).Select(m => m.Value).Where(i => i.Contains("password", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(fields);
        Assert.All(fields, f => Assert.Contains("type=\"password\"", f, StringComparison.Ordinal));
        Assert.All(fields, f => Assert.Matches("autocomplete=\"(new|current)-password\"", f));

        // Where scripts make one, secretField does, which masks.
        var made = Sources.Scripts.Find(PasswordField()).ToList();
        Assert.True(made.Count >= 4, "The search found too little.");
        Assert.All(made, m => Assert.Matches(@": secretField\(\{[^}]*autocomplete: '(new|current)-password'", m));
        Assert.Contains("field({ type: 'password'", Sources.Scripts["src/WebApi/wwwroot/js/forms.js"], StringComparison.Ordinal);

        Assert.Empty(Sources.Scripts.Find(AgainstPasting()));
        Assert.DoesNotMatch(AgainstPasting(), html);
        Assert.Matches(AgainstPasting(), "input.addEventListener('paste', stop)");
    }

    // Two forms of the page write what was typed into an address; together their fields stay far below what servers take.
    [Fact]
    public void What_a_person_types_into_an_address_has_an_end()
    {
        var fields = ((string[])["users", "audit"]).SelectMany(f => Field().Matches(Sources.Scripts[$"src/WebApi/wwwroot/js/admin/{f}.js"])).Select(m => m.Value).ToList();

        Assert.True(fields.Count >= 7, "The search found too little.");
        Assert.All(fields, f => Assert.Matches("maxlength: \\d|tag: 'select'|type: 'datetime-local'", f));
        Assert.InRange(fields.SelectMany(f => Regex.Matches(f, @"maxlength: (\d+)")).Sum(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)), 1, 2000);
    }

    [GeneratedRegex(@"\bfield\(\{[^}]*\}")]
    private static partial Regex Field();

    [GeneratedRegex(@"new Regex\(|\bRegex\.(?:IsMatch|Match|Matches|Replace|Split|Count|EnumerateMatches)\(")]
    private static partial Regex RuntimePattern();

    [GeneratedRegex(@"\bRegExp\s*\(")]
    private static partial Regex ScriptPattern();

    [GeneratedRegex(@"\b\w*[lL]ogger\.(?:Log|BeginScope)\w*\(|\bSerilog\.Log\.\w+\(|\bLog\.(?:Verbose|Debug|Information|Warning|Error|Fatal)\(")]
    private static partial Regex LogCall();

    [GeneratedRegex(@"\b[sS]tring\.Format\(|\.AppendFormat\(|CompositeFormat\.Parse\(")]
    private static partial Regex Format();

    [GeneratedRegex("Include=\"(?:Scriban|RazorLight|RazorEngine|Handlebars|DotLiquid|Fluid|Stubble|Nustache|SmartFormat)", RegexOptions.IgnoreCase)]
    private static partial Regex TemplateEngine();

    [GeneratedRegex(@"new HttpClient\b\(?|HttpClient \w+ = new\(|AddHttpClient\(|new (?:SocketsHttpHandler|AmazonS3Client|HttpClientHandler|TcpClient|UdpClient|ClientWebSocket|SmtpClient|Socket|NetworkStream|ProcessStartInfo)\b\(?|WebRequest\.Create|GrpcChannel\.|Dns\.Get|ConnectionMultiplexer\.Connect(?:Async)?\(|UseSqlServer\(|UseSqlite\(|[sS]ocket\.ConnectAsync\(|Process\.Start\(")]
    private static partial Regex Connection();

    [GeneratedRegex(@"OutgoingHttp\.To\(")]
    private static partial Regex Outgoing();

    [GeneratedRegex(@"\b(?:Local)?Redirect(?:To\w+|Permanent\w*|PreserveMethod\w*|Result)?\(|\.Location = |UseHttpsRedirection|UseRewriter|Results\.Redirect")]
    private static partial Regex Redirect();

    [GeneratedRegex(@"\bdocument\.\w+")]
    private static partial Regex DocumentMember();

    [GeneratedRegex(@"\b(?:window|globalThis|self)\.\w+\s*=(?!=)|\bdocument\.(?!title\b)\w+\s*=(?!=)")]
    private static partial Regex GlobalWrite();

    [GeneratedRegex(@"\bglobalThis\.\w+")]
    private static partial Regex GlobalMember();

    [GeneratedRegex(@"\b(?:document|globalThis|self)\[|\bdocument\.(?:forms|anchors|embeds|images|links|all)\b")]
    private static partial Regex CollectionByName();

    [GeneratedRegex(@"[\w?.]*\.postMessage\(|addEventListener\('message'(?<!channel\?\.addEventListener\('message')|\bonmessage\b")]
    private static partial Regex Message();

    [GeneratedRegex(@"\bwindow\.open\(|\bopener\b|target=""_blank""|'_blank'|\bparent\.|\btop\.location|location\.(?:assign|replace)\(|location(?:\.href)? = ")]
    private static partial Regex OtherWindow();

    [GeneratedRegex(@"https?://[^\s""'<>)]+|(?:src|href|action)=""//[^""]+""")]
    private static partial Regex Address();

    [GeneratedRegex("<input[^>]*>")]
    private static partial Regex Input();

    [GeneratedRegex(@"\w+\(\{\s*name: '\w*password'[^}]*")]
    private static partial Regex PasswordField();

    [GeneratedRegex(@"['""](?:paste|copy|cut|drop)['""]|onpaste|oncopy|ondrop|autocomplete(?:=|: )['""]off['""][^>}]*password")]
    private static partial Regex AgainstPasting();
}
