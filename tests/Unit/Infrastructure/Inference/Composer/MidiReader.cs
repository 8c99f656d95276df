using System.Buffers.Binary;
using System.Text;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

/// <summary>Reads a standard MIDI file by its specification, for the tests.</summary>
internal sealed class MidiReader
{
    private int _at;
    private readonly byte[] _file;

    private MidiReader(byte[] file) => _file = file;

    public int Type { get; private set; }

    public int Division { get; private set; }

    public int Tempo { get; private set; }

    public byte[] Metre { get; private set; } = [];

    public (sbyte Fifths, byte Minor) Key { get; private set; }

    public List<MidiTrack> Tracks { get; } = [];

    public static MidiReader Read(byte[] file)
    {
        var midi = new MidiReader(file);
        Assert.Equal("MThd", Encoding.ASCII.GetString(file, 0, 4));
        midi.Type = BinaryPrimitives.ReadInt16BigEndian(file.AsSpan(8));
        var tracks = BinaryPrimitives.ReadInt16BigEndian(file.AsSpan(10));
        midi.Division = BinaryPrimitives.ReadInt16BigEndian(file.AsSpan(12));
        midi._at = 14;
        for (var t = 0; t < tracks; t++)
            midi.ReadTrack();
        Assert.Equal(file.Length, midi._at);
        return midi;
    }

    private void ReadTrack()
    {
        Assert.Equal("MTrk", Encoding.ASCII.GetString(_file, _at, 4));
        var end = _at + 8 + BinaryPrimitives.ReadInt32BigEndian(_file.AsSpan(_at + 4));
        _at += 8;
        var track = new MidiTrack();
        var down = new HashSet<int>();
        while (_at < end)
        {
            Number();
            var status = _file[_at++];
            if (status == 0xFF)
            {
                var type = _file[_at++];
                var length = Number();
                Meta(track, type, _file.AsSpan(_at, length));
                _at += length;
                continue;
            }

            Assert.InRange(status, 0x80, 0xEF);
            track.Channel = status & 15;
            if (status >> 4 == 0xC)
            {
                track.Program = _file[_at++];
                continue;
            }

            var pitch = _file[_at++];
            var velocity = _file[_at++];
            Assert.True(pitch < 128 && velocity < 128);
            if (status >> 4 == 9)
            {
                Assert.True(down.Add(pitch), "A key that is down was struck.");
                track.Notes++;
            }
            else
            {
                Assert.True(down.Remove(pitch), "A key that was up was let go.");
            }
        }

        track.Hanging = down.Count;
        Tracks.Add(track);
    }

    private void Meta(MidiTrack track, byte type, ReadOnlySpan<byte> content)
    {
        if (type == 0x03)
            track.Name = Encoding.ASCII.GetString(content);
        else if (type == 0x51)
            Tempo = (content[0] << 16) | (content[1] << 8) | content[2];
        else if (type == 0x58)
            Metre = content.ToArray();
        else if (type == 0x59)
            Key = ((sbyte)content[0], content[1]);
    }

    private int Number()
    {
        var value = 0;
        while (true)
        {
            var b = _file[_at++];
            value = (value << 7) | (b & 0x7F);
            if (b < 0x80)
                return value;
        }
    }
}

internal sealed class MidiTrack
{
    public string Name { get; set; } = "";

    public int Channel { get; set; } = -1;

    public int? Program { get; set; }

    public int Notes { get; set; }

    public int Hanging { get; set; }
}
