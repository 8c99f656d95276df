using System.Buffers.Binary;
using System.Text;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer.Planning;

namespace MusicGen.Infrastructure.Inference.Composer.Scoring;

/// <summary>Writes a score as a standard MIDI file of type 1 (MIDI 1.0 detailed specification, RP-001): one track for tempo, metre and key, one a player.</summary>
internal static class MidiFile
{
    private const int TicksPerQuarter = 480;
    private const int DrumChannel = 9;

    public static byte[] Write(Plan plan, Score score)
    {
        var tracks = new List<byte[]> { Conductor(plan, score) };
        var channel = 0;
        foreach (var part in score.Parts)
        {
            var isDrums = part.Role == Role.Drums;
            tracks.Add(Player(plan, part, isDrums ? DrumChannel : channel));
            // Fifteen channels for all but the drums; more players than that share the last.
            if (!isDrums && channel < 15)
                channel += channel + 1 == DrumChannel ? 2 : 1;
        }

        using var file = new MemoryStream();
        Span<byte> header = stackalloc byte[14];
        "MThd"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], 6);
        BinaryPrimitives.WriteInt16BigEndian(header[8..], 1);
        BinaryPrimitives.WriteInt16BigEndian(header[10..], (short)tracks.Count);
        BinaryPrimitives.WriteInt16BigEndian(header[12..], TicksPerQuarter);
        file.Write(header);
        foreach (var track in tracks)
        {
            "MTrk"u8.CopyTo(header);
            BinaryPrimitives.WriteInt32BigEndian(header[4..], track.Length);
            file.Write(header[..8]);
            file.Write(track);
        }

        return file.ToArray();
    }

    // A beat of 6/8 is three eighths.
    private static double QuartersPerBeat(Plan plan) => plan.Metre.Steps / 4.0;

    private static int Ticks(Plan plan, double beats) => (int)Math.Round(beats * QuartersPerBeat(plan) * TicksPerQuarter);

    private static byte[] Conductor(Plan plan, Score score)
    {
        using var track = new MemoryStream();
        Meta(track, 0, 0x03, Encoding.ASCII.GetBytes($"{plan.Style.Name} in {plan.Key}"));
        var perQuarter = (int)Math.Round(60e6 / (plan.Tempo * QuartersPerBeat(plan)));
        Meta(track, 0, 0x51, [(byte)(perQuarter >> 16), (byte)(perQuarter >> 8), (byte)perQuarter]);
        Meta(track, 0, 0x58, plan.Metre.Steps == 6 ? [(byte)(plan.Metre.Beats * 3), 3, 36, 8] : [(byte)plan.Metre.Beats, 2, 24, 8]);
        Meta(track, 0, 0x59, [(byte)Signature(plan.Key), (byte)(plan.Key.IsMinor ? 1 : 0)]);
        var last = 0;
        foreach (var chord in score.Chords)
        {
            var at = Ticks(plan, chord.Start);
            Meta(track, at - last, 0x01, Encoding.ASCII.GetBytes(ChordNames.Of(chord.Chord)));
            last = at;
        }

        Meta(track, Math.Max(0, Ticks(plan, plan.Seconds / plan.SecondsPerBeat) - last), 0x2F, []);
        return track.ToArray();
    }

    /// <summary>Sharps above 0, flats below: of the mode's own scale, as it is written.</summary>
    private static sbyte Signature(MusicalKey key)
    {
        int[] toRelativeMajor = [0, 3, 10, 8, 7, 5];
        var fifths = (key.Tonic + toRelativeMajor[(int)key.Mode]) * 7 % 12;
        return (sbyte)(fifths > 6 ? fifths - 12 : fifths);
    }

    private static byte[] Player(Plan plan, Part part, int channel)
    {
        using var track = new MemoryStream();
        Meta(track, 0, 0x03, Encoding.ASCII.GetBytes($"{part.Instrument} ({part.Role.ToString().ToLowerInvariant()})"));
        if (channel != DrumChannel)
            track.Write([0, (byte)(0xC0 | channel), (byte)GeneralMidi.Program(part.Instrument)]);
        var last = 0;
        foreach (var (tick, isOn, pitch, velocity) in Events(plan, part, channel))
        {
            Length(track, tick - last);
            track.Write([(byte)((isOn ? 0x90 : 0x80) | channel), (byte)pitch, (byte)velocity]);
            last = tick;
        }

        Meta(track, 0, 0x2F, []);
        return track.ToArray();
    }

    private static List<(int Tick, bool IsOn, int Pitch, int Velocity)> Events(Plan plan, Part part, int channel)
    {
        var events = new List<(int Tick, bool IsOn, int Pitch, int Velocity)>();
        var sounding = new Dictionary<int, int>();
        foreach (var note in part.Notes)
        {
            var pitch = Math.Clamp(channel == DrumChannel ? GeneralMidi.Percussion(note.Pitch) : note.Pitch, 0, 127);
            var (on, off) = (Ticks(plan, note.Start), Ticks(plan, note.End));
            // A key that is down can't be struck: the earlier note ends where the next begins, and of two at once one is enough.
            if (sounding.TryGetValue(pitch, out var earlier) && events[earlier].Tick > on)
            {
                if (events[earlier - 1].Tick == on)
                    continue;
                events[earlier] = events[earlier] with { Tick = on };
            }

            events.Add((on, true, pitch, Math.Clamp((int)Math.Round(note.Velocity * 127), 1, 127)));
            sounding[pitch] = events.Count;
            events.Add((Math.Max(off, on + 1), false, pitch, 64));
        }

        return [.. events.OrderBy(e => e.Tick).ThenBy(e => e.IsOn)];
    }

    private static void Meta(Stream track, int delta, byte type, ReadOnlySpan<byte> content)
    {
        Length(track, delta);
        track.Write([0xFF, type]);
        Length(track, content.Length);
        track.Write(content);
    }

    /// <summary>Seven bits a byte, the highest first.</summary>
    private static void Length(Stream track, int value)
    {
        for (var shift = 21; shift > 0; shift -= 7)
        {
            if (value >> shift > 0)
                track.WriteByte((byte)(0x80 | (value >> shift & 0x7F)));
        }

        track.WriteByte((byte)(value & 0x7F));
    }
}
