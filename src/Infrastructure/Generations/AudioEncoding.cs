using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MusicGen.Application.Generations;

namespace MusicGen.Infrastructure.Generations;

/// <summary>What a format is called, and how ffmpeg makes it: without metadata, the same bytes each time.</summary>
internal static class AudioEncoding
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // To be found, to find its libraries, and what Windows wants of every process.
    private static readonly string[] Needed = ["PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "TEMP", "SystemRoot"];

    public static string ContentTypeOf(AudioFormat format) => format switch
    {
        AudioFormat.Wav or AudioFormat.WavFloat => "audio/wav",
        AudioFormat.Flac => "audio/flac",
        AudioFormat.Mp3 => "audio/mpeg",
        AudioFormat.Ogg => "audio/ogg",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
    };

    public static string ExtensionOf(AudioFormat format) => format switch
    {
        AudioFormat.Wav or AudioFormat.WavFloat => "wav",
        AudioFormat.Flac => "flac",
        AudioFormat.Mp3 => "mp3",
        AudioFormat.Ogg => "ogg",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
    };

    public static string FileNameOf(AudioFormat format) =>
        format == AudioFormat.WavFloat ? "audio.f32.wav" : $"audio.{ExtensionOf(format)}";

    /// <summary>Encodes one file; false when there is no ffmpeg or it can't do it.</summary>
    /// <param name="source">A WAV file.</param>
    /// <param name="target">Overwritten.</param>
    /// <param name="format">Not a WAV.</param>
    /// <param name="logger">Hears what ffmpeg says when it fails.</param>
    public static async Task<bool> RunAsync(string source, string target, AudioFormat format, ILogger logger)
    {
        using var process = new Process { StartInfo = Start(source, target, format) };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return false; // not installed
        }

        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var said = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            if (process.ExitCode != 0)
                EncodingLog.Failed(logger, format, process.ExitCode, said);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            EncodingLog.Failed(logger, format, -1, "It took too long.");
            return false;
        }
    }

    /// <summary>How it is started: its environment holds none of our secrets, and it opens files only.</summary>
    internal static ProcessStartInfo Start(string source, string target, AudioFormat format)
    {
        var start = new ProcessStartInfo("ffmpeg") { RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var name in start.Environment.Keys.Where(n => !Needed.Contains(n, StringComparer.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        foreach (var argument in Arguments(source, target, format))
            start.ArgumentList.Add(argument);
        return start;
    }

    private static string[] Arguments(string source, string target, AudioFormat format)
    {
        string[] codec = format switch
        {
            AudioFormat.Flac => ["-c:a", "flac", "-compression_level", "8", "-f", "flac"],
            AudioFormat.Mp3 => ["-c:a", "libmp3lame", "-q:a", "1", "-id3v2_version", "0", "-f", "mp3"],
            AudioFormat.Ogg => ["-c:a", "libvorbis", "-q:a", "7", "-f", "ogg"],
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "ffmpeg isn't asked for this format."),
        };
        return
        [
            "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-threads", "1", "-protocol_whitelist", "file", "-i", source, "-map_metadata", "-1",
            "-fflags", "+bitexact", "-flags:a", "+bitexact", .. codec, target,
        ];
    }
}

internal static partial class EncodingLog
{
    [LoggerMessage(3030, LogLevel.Error, "ffmpeg could not encode {Format}: exit code {ExitCode}, {Said}")]
    public static partial void Failed(ILogger logger, AudioFormat format, int exitCode, string said);
}
