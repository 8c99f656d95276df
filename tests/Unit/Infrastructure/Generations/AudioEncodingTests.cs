using MusicGen.Application.Generations;
using MusicGen.Infrastructure.Generations;

namespace MusicGen.Unit.Infrastructure.Generations;

public sealed class AudioEncodingTests
{
    [Fact]
    public void Ffmpeg_gets_no_secret_of_ours_no_shell_and_files_only()
    {
        Environment.SetEnvironmentVariable("MUSICGEN_UNIT_SECRET", "secret");

        var start = AudioEncoding.Start("a b.wav; rm -rf /", "out", AudioFormat.Flac);

        Assert.DoesNotContain("MUSICGEN_UNIT_SECRET", start.Environment.Keys);
        Assert.Empty(start.Environment.Keys.Except(["PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "TEMP", "SystemRoot"], StringComparer.OrdinalIgnoreCase));
        Assert.Contains("PATH", start.Environment.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.False(start.UseShellExecute);
        Assert.Empty(start.Arguments);
        Assert.Equal(["-protocol_whitelist", "file", "-i", "a b.wav; rm -rf /"], start.ArgumentList.SkipWhile(a => a != "-protocol_whitelist").Take(4));
    }
}
