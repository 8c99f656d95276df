using System.Runtime.CompilerServices;
using MusicGen.Infrastructure.Inference.Composer.Planning;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Infrastructure.Inference.Composer.Synthesis;

/// <summary>Plays one part, block by block: starts the notes that fall into a block and drops those that have died away.</summary>
internal sealed class PartPlayer
{
    private readonly Part _part;
    private readonly Plan _plan;
    private readonly Instrument _instrument;
    private readonly int _sampleRate;
    private readonly ChannelStrip _strip;
    private readonly DrumKit _kit;
    private readonly Dice _dice;
    private readonly float _pan;
    private readonly List<Voice> _voices = [];
    private readonly Dictionary<int, float[]> _tables = [];
    private int _next;

    public PartPlayer(Part part, Plan plan, int index, int sampleRate)
    {
        _part = part;
        _plan = plan;
        _sampleRate = sampleRate;
        _instrument = Instruments.Of(part.Instrument);
        _strip = new ChannelStrip(_instrument.Channel, sampleRate);
        _dice = plan.Dice.For("sound").For(index);
        _kit = new DrumKit(sampleRate, plan.Dice.For("kit"));
        var roleDb = part.Role switch { Role.Melody => 1.5, Role.Chords => -5.5, Role.Pad => -9, Role.Bass => -0.5, _ => -1.5 };
        Gain = (float)Math.Pow(10, (_instrument.Channel.LevelDb + roleDb) / 20);
        // The melody near the middle, its company to either side, the low end in the middle.
        _pan = part.Role switch { Role.Melody => (float)_dice.Between(-0.12, 0.12), Role.Chords => _dice.Chance(0.5) ? 0.32f : -0.32f, _ => 0 };
        var space = 0.55f + (0.9f * (float)plan.Character.Space);
        Reverb = Gain * (float)_instrument.Channel.Reverb * space;
        Echo = Gain * (float)_instrument.Channel.Echo * (part.Role == Role.Melody ? 1 : 0.4f);
    }

    /// <summary>Of the part in the mix.</summary>
    public float Gain { get; }

    /// <summary>Of what it sends to the reverb.</summary>
    public float Reverb { get; }

    /// <summary>Of what it sends to the echo.</summary>
    public float Echo { get; }

    /// <summary>Writes the part's next samples over both channels.</summary>
    /// <param name="frame">Where in the piece they lie.</param>
    /// <param name="left">A block.</param>
    /// <param name="right">As long.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Render(long frame, Span<float> left, Span<float> right)
    {
        left.Clear();
        right.Clear();
        // Backwards, because a voice that has ended is replaced by the last one.
        for (var v = _voices.Count - 1; v >= 0; v--)
        {
            if (_voices[v].Render(left, right))
                continue;
            _voices[v] = _voices[^1];
            _voices.RemoveAt(_voices.Count - 1);
        }

        while (_next < _part.Notes.Count)
        {
            var note = _part.Notes[_next];
            var start = (long)Math.Round(note.Start * _plan.SecondsPerBeat * _sampleRate);
            if (start >= frame + left.Length)
                break;
            _next++;
            var offset = (int)Math.Max(0, start - frame);
            var voice = Start(note);
            if (voice.Render(left[offset..], right[offset..]))
                _voices.Add(voice);
        }

        _strip.Process(left, right);
    }

    private Voice Start(Note note)
    {
        var gate = (int)Math.Min(note.Length * _plan.SecondsPerBeat * _sampleRate, int.MaxValue / 2);
        var spread = (float)(_instrument.Channel.Spread * Math.Clamp((note.Pitch - 62) / 24.0, -1, 1));
        var voiceNote = new VoiceNote(
            note.Pitch, (float)note.Velocity, gate, _sampleRate, Math.Clamp(_pan + spread, -1, 1), (float)_plan.Character.Brightness, _dice.NextUInt());
        return _instrument switch
        {
            Plucked plucked => new PluckedVoice(voiceNote, plucked.Patch),
            Struck struck => new ModalVoice(voiceNote, struck.Modes(note.Pitch, note.Velocity), struck.Knock, struck.Damping),
            Sustained sustained => Sustain(voiceNote, sustained.Patch),
            _ => _kit.Strike(voiceNote),
        };
    }

    private SustainedVoice Sustain(in VoiceNote note, SustainedPatch patch)
    {
        if (!_tables.TryGetValue(note.Pitch, out var table))
            _tables[note.Pitch] = table = Wavetable.Make(patch.Soft, patch.Loud, note.Frequency, _sampleRate);
        return new SustainedVoice(note, patch, table);
    }
}
