using System.Buffers.Binary;
using System.Buffers.Text;
using MusicGen.Domain.Generations;

namespace MusicGen.Application.Generations.ListGenerations;

/// <summary>Where a page ended: the last task's time and id, so that tasks made meanwhile shift nothing.</summary>
internal readonly record struct PageCursor(DateTimeOffset CreatedAt, GenerationId Id)
{
    private const int Length = 24; // 8 bytes of ticks, 16 of the id

    public static PageCursor After(Generation task) => new(task.CreatedAt, task.Id);

    public static bool TryParse(string? text, out PageCursor cursor)
    {
        cursor = default;
        if (text?.Length != 32 || !Base64Url.IsValid(text, out var length) || length != Length) // blanks are valid, and no bytes
            return false;
        var bytes = Base64Url.DecodeFromChars(text);
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks)
            return false;
        cursor = new PageCursor(new DateTimeOffset(ticks, TimeSpan.Zero), new GenerationId(new Guid(bytes.AsSpan(8), bigEndian: true)));
        return true;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, CreatedAt.UtcTicks);
        Id.Value.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }
}
