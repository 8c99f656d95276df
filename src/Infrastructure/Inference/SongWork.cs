using System.Diagnostics;
using MusicGen.Application.Generations;
using MusicGen.Application.Pipeline;
using MusicGen.Infrastructure.Inference.Checkpoints;
using MusicGen.Infrastructure.Inference.Encodec;
using MusicGen.Infrastructure.Inference.Sampling;

namespace MusicGen.Infrastructure.Inference;

/// <summary>
/// A song in the making, in steps that other songs' steps can lie between: windows of codes, and the sound of those that are
/// complete. Beyond thirty seconds each window goes on from the last twelve of the one before, as audiocraft does.
/// </summary>
internal sealed class SongWork : IDisposable
{
    private const int WindowSeconds = 30;
    private const int OverlapSeconds = 12;

    /// <summary>A second of music: how often a trace hears of steps.</summary>
    private const int StepsTold = 50;

    private readonly LoadedModel _loaded;
    private readonly SongRequest _request;
    private readonly IProgress<StepsDone> _progress;
    private readonly CancellationToken _ct;
    private readonly int _frames;
    private readonly int[][] _codes;
    private readonly CodeDice _dice;
    private readonly float[][] _sound;
    private readonly int _total;
    private bool _textWasCut;
    private int _framesDone;
    private int _samplesDone;
    private int _steps;
    private readonly int _fullSteps;
    private WindowDecoding? _window;
    private int _windowGiven;
    private int _windowFirst;
    private Conditions? _conditions;
    private Activity? _decoding;
    private readonly EncodecStream[] _streams;

    /// <param name="loaded">The model, in memory.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="progress">Hears of decoding steps and seconds of sound.</param>
    /// <param name="furtherSteps">Steps that others will make after this work.</param>
    /// <param name="ct">Stops within a step.</param>
    public SongWork(LoadedModel loaded, SongRequest request, IProgress<StepsDone> progress, int furtherSteps, CancellationToken ct)
    {
        (_loaded, _request, _progress, _ct) = (loaded, request, progress, ct);
        var codec = loaded.Model.Config.Codec;
        var channels = loaded.Model.Config.Decoder.Channels;
        _frames = (request.Samples + codec.Hop - 1) / codec.Hop;
        _codes = [.. Enumerable.Range(0, loaded.Model.Config.Decoder.Codebooks).Select(_ => new int[_frames])];
        _sound = [.. Enumerable.Range(0, channels).Select(_ => new float[request.Samples])];
        _dice = new CodeDice(request.Seed);
        _framesDone = GivenFrames(request, codec);
        if (_framesDone >= _frames)
            throw new MusicGenerationException("The recording to go on from is as long as the whole clip. Ask for a longer one.");
        _streams = [.. Enumerable.Range(0, channels).Select(c => Model.Codec.Open([.. _codes.Where((_, row) => row % channels == c)]))];
        _fullSteps = Windows().Sum(w => w.New + loaded.Model.Config.Decoder.CodebooksPerChannel - 1) + EncodecStream.Parts(Model.Codec, _frames);
        _total = _fullSteps + furtherSteps;
    }

    /// <summary>The window to be stepped; null when codes are complete.</summary>
    public WindowDecoding? Window => _window;

    public MusicGenModel Model => _loaded.Model;

    public bool IsDone => _samplesDone == _request.Samples;

    public Song Result => new(_sound, _codes, _textWasCut, new StepsDone(_fullSteps, _total));

    /// <summary>Bytes of the biggest window's cache.</summary>
    public static long CacheBytes(MusicGenConfig config, EngineProfile profile, SongRequest request)
    {
        var frames = Math.Min((request.Samples + config.Codec.Hop - 1) / config.Codec.Hop, WindowSeconds * config.Codec.FrameRate);
        var prefix = config.Melody is { } melody ? melody.Frames + Text.T5Tokenizer.MaxTokens : 0;
        return LoadedModel.CacheBytesFor(config, profile, request.Settings.GuidanceScale > 1 ? 2 : 1, prefix + frames + config.Decoder.CodebooksPerChannel);
    }

    /// <summary>Reads the text and the sounds, and makes the first step.</summary>
    public void Begin()
    {
        _ct.ThrowIfCancellationRequested();
        _progress.Report(new StepsDone(0, _total));
        _request.Listener?.Begin(Model.Config.Codec.SampleRate, _sound.Length, _request.Samples);
        if (_request.Given is not null)
            TakeGiven(_request.Given);
        OpenWindow();
    }

    /// <summary>To be called before each step of the window.</summary>
    public void BeforeStep()
    {
        _ct.ThrowIfCancellationRequested();
        _progress.Report(new StepsDone(_steps, _total));
    }

    /// <summary>To be called after each step of the window. Makes a part of the sound where its codes are complete.</summary>
    public void AfterStep()
    {
        _steps++;
        if (_steps % StepsTold == 0)
            _decoding?.AddEvent(new ActivityEvent("steps", tags: new() { ["done"] = _steps, ["total"] = _total }));
        if (_window!.IsDone)
            CloseWindow();
        else if (Math.Max(_framesDone, _windowFirst + _window.FramesReady) >= _streams[0].Wanted)
            SoundOfWindow();
        if (_window is null && _framesDone < _frames)
            OpenWindow();
    }

    /// <summary>Makes the next part of the sound from the finished codes.</summary>
    public void Sound()
    {
        BeforeStep();
        using var span = Telemetry.Source.StartActivity("engine.codec");
        var count = 0;
        for (var c = 0; c < _sound.Length; c++)
        {
            var part = _streams[c].Next();
            count = Math.Min(part.Length, _request.Samples - _samplesDone);
            part.AsSpan(0, count).CopyTo(_sound[c].AsSpan(_samplesDone));
        }

        Tell(count);
        _samplesDone += count;
        _steps++;
        if (IsDone)
            _progress.Report(new StepsDone(_fullSteps, _total));
    }

    public void Dispose()
    {
        Telemetry.EndApart(_decoding);
        _window?.Dispose();
        _conditions?.Dispose();
        foreach (var stream in _streams)
            stream.Dispose();
    }

    private static int GivenFrames(SongRequest request, EncodecConfig codec) =>
        request.Given is null ? 0 : (request.Given[0].Length + codec.Hop - 1) / codec.Hop;

    private void TakeGiven(float[][] given)
    {
        using var span = Telemetry.Source.StartActivity("engine.listen");
        for (var c = 0; c < given.Length; c++)
        {
            // The same sound on both channels has the same codes.
            var codes = c > 0 && ReferenceEquals(given[c], given[0])
                ? [.. Enumerable.Range(0, _codes.Length / given.Length).Select(q => _codes[q * given.Length])]
                : Model.Encoder.Encode(given[c], Model.Device, _ct.ThrowIfCancellationRequested);
            for (var q = 0; q < codes.Length; q++)
                codes[q].AsSpan(0, _framesDone).CopyTo(_codes[(q * given.Length) + c]);
        }
    }

    /// <summary>The windows to come: frames that each goes on from, and new ones.</summary>
    private IEnumerable<(int Given, int New)> Windows()
    {
        for (var done = _framesDone; done < _frames;)
        {
            var window = NextWindow(done);
            yield return window;
            done += window.New;
        }
    }

    private (int Given, int New) NextWindow(int done)
    {
        var rate = _loaded.Model.Config.Codec.FrameRate;
        var isFirst = done == GivenFrames(_request, _loaded.Model.Config.Codec);
        var given = isFirst && done < WindowSeconds * rate ? done : Math.Min(done, OverlapSeconds * rate);
        return (given, Math.Min((WindowSeconds * rate) - given, _frames - done));
    }

    private void OpenWindow()
    {
        var (given, added) = NextWindow(_framesDone);
        var first = _framesDone - given;
        if (_conditions is null || (Model.Config.Melody is not null && _request.Melody is not null))
        {
            _conditions?.Dispose();
            _conditions = Hear(first);
        }

        (_windowGiven, _windowFirst) = (given, first);
        _decoding = Telemetry.StartApart("engine.decode");
        _window = new WindowDecoding(
            Model, _conditions, _request.Settings, _dice, [.. _codes.Select(row => row[first.._framesDone])], added, first);
        _window.Prefill();
        AfterStep();
    }

    private void CloseWindow()
    {
        _framesDone += TakeCodes(_window!.Codes[0].Length);
        _window.Dispose();
        _window = null;
        Telemetry.EndApart(_decoding);
    }

    // A part a step, however much is complete: other songs wait meanwhile.
    private void SoundOfWindow()
    {
        TakeCodes(_window!.FramesReady);
        Sound();
    }

    /// <returns>How many frames of the window, up to one of its own, are new.</returns>
    private int TakeCodes(int end)
    {
        var codes = _window!.Codes;
        var count = Math.Min(end - _windowGiven, _frames - _framesDone);
        for (var row = 0; row < codes.Length; row++)
            codes[row].AsSpan(_windowGiven, count).CopyTo(_codes[row].AsSpan(_framesDone));
        return count;
    }

    private void Tell(int count)
    {
        if (_request.Listener is null)
            return;
        var samples = new float[count * _sound.Length];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = _sound[i % _sound.Length][_samplesDone + (i / _sound.Length)];
        _request.Listener.Hear(samples);
    }

    private Conditions Hear(int firstFrame)
    {
        using var span = Telemetry.Source.StartActivity("engine.text");
        var text = _loaded.Tokenizer.Encode(_request.Text, out _textWasCut);
        int[]? avoided = null;
        if (_request.Avoided is not null)
        {
            avoided = _loaded.Tokenizer.Encode(_request.Avoided, out var avoidedWasCut);
            _textWasCut |= avoidedWasCut;
        }

        var isGuided = _request.Settings.GuidanceScale > 1;
        return Model.Config.Melody is null
            ? Conditions.OfText(Model, text, avoided, isGuided)
            : Conditions.OfMelody(Model, text, avoided, _request.Melody is null ? null : Model.Follow(MelodyFrom(firstFrame)), isGuided);
    }

    // A longer song hears the melody again from its beginning whenever it ends, each window from its own moment.
    private float[] MelodyFrom(int firstFrame)
    {
        var codec = Model.Config.Codec;
        var window = WindowSeconds * codec.SampleRate;
        var melody = _request.Melody!;
        if (_request.Samples <= window)
            return melody[..Math.Min(melody.Length, window)];
        var part = new float[window];
        for (var i = 0; i < window; i++)
            part[i] = melody[(int)((((long)firstFrame * codec.Hop) + i) % melody.Length)];
        return part;
    }
}
