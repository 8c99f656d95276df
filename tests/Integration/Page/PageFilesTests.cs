using System.Text.RegularExpressions;
using MusicGen.Integration.Support;

namespace MusicGen.Integration.Page;

/// <summary>The page's files as they are served: rules that a browser journey wouldn't notice being broken.</summary>
public sealed partial class PageFilesTests(MusicGenApp app)
{
    [Fact]
    public async Task Every_module_is_announced_so_that_the_browser_fetches_them_at_once()
    {
        var index = await ReadAsync("/");
        var announced = Preload().Matches(index).Select(m => m.Groups["path"].Value).ToList();

        var reached = await ReachedAsync("/js/app.js");

        Assert.Equal(reached.Where(m => m != "/js/app.js").Order(StringComparer.Ordinal), announced.Order(StringComparer.Ordinal));
        Assert.Equal(announced.Order(StringComparer.Ordinal), announced);
    }

    [Fact]
    public async Task No_text_can_become_markup_and_nothing_stands_inline()
    {
        Assert.Empty(Inline().Matches(await ReadAsync("/")).Select(m => m.Value));
        foreach (var module in await ReachedAsync("/js/app.js"))
            Assert.Empty(Markup().Matches(await ReadAsync(module)).Select(m => $"{module}: {m.Value}"));
    }

    [Fact]
    public async Task Only_the_choice_of_shortcuts_is_kept_in_the_browser()
    {
        var users = new List<string>();
        foreach (var module in await ReachedAsync("/js/app.js"))
        {
            if (Storage().IsMatch(await ReadAsync(module)))
                users.Add(module);
        }

        Assert.Equal(["/js/dialogs.js"], users);
    }

    /// <summary>The module and all that it imports, and they.</summary>
    private async Task<IReadOnlyCollection<string>> ReachedAsync(string start)
    {
        HashSet<string> reached = new(StringComparer.Ordinal) { start };
        Queue<string> open = new(reached);
        while (open.TryDequeue(out var module))
        {
            foreach (Match import in Import().Matches(await ReadAsync(module)))
            {
                var path = new Uri(new Uri(app.Address, module), import.Groups["path"].Value).AbsolutePath;
                if (reached.Add(path))
                    open.Enqueue(path);
            }
        }

        return reached;
    }

    private async Task<string> ReadAsync(string path)
    {
        using var browser = app.NewBrowser();
        using var answer = await browser.GetAsync(path);
        await answer.MustBeAsync(System.Net.HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("<link rel=\"modulepreload\" href=\"(?<path>[^\"]+)\">", RegexOptions.ExplicitCapture)]
    private static partial Regex Preload();

    [GeneratedRegex(@"^import .*?from '(?<path>[^']+)';", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Import();

    [GeneratedRegex(@"\s(?:style|on[a-z]+)=""|<style|<script(?! type=""module"" src=)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Inline();

    [GeneratedRegex(@"\.(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|cssText)\b|document\.write|\beval\(|new Function|setAttribute\('(?:style|on)")]
    private static partial Regex Markup();

    [GeneratedRegex(@"\b(?:localStorage|sessionStorage|indexedDB|document\.cookie)\b")]
    private static partial Regex Storage();
}
