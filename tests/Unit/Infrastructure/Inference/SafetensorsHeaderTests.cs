using System.Buffers.Binary;
using System.Text;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Unit.Infrastructure.Inference;

public sealed class SafetensorsHeaderTests
{
    [Fact]
    public void A_head_tells_where_each_tensor_lies()
    {
        var entries = Parse("""{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}""", 26, out var head);

        Assert.Equal((ElementType.F32, head, 24L), (entries["a"].Type, entries["a"].Offset, entries["a"].Length));
        Assert.Equal([2L, 3L], entries["a"].Shape);
        Assert.Empty(entries["b"].Shape);
        Assert.Equal(2, entries.Count);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "another size")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "outside of the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "outside of the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "another size")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "can't be true")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e2],"data_offsets":[0,4]}}""", 4, "can't be true")]
    [InlineData("""{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}""", 4, "element type")]
    [InlineData("""{"a":{"dtype":"3","shape":[1],"data_offsets":[0,4]}}""", 4, "element type")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "lacks its type")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, "doesn't know")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "overlaps another tensor or follows a gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "longer than its tensors")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "twice")]
    [InlineData("""[]""", 0, "no JSON object")]
    [InlineData("""{"a":[]}""", 0, "no object")]
    [InlineData("""{"a":{"dtype":"F32"}""", 0, "lacks its type")]
    [InlineData("""{"a":{"dtype":"F32",""", 0, "valid JSON")]
    [InlineData("""{}x""", 0, "valid JSON")]
    [InlineData("""{"a":{"dtype":1,"shape":[],"data_offsets":[0,0]}}""", 0, "valid JSON")]
    public void A_head_that_breaks_a_rule_is_refused_by_the_rules_name(string json, int data, string rule)
    {
        var refusal = Assert.Throws<CheckpointException>(() => Parse(json, data, out _));

        Assert.StartsWith("model.safetensors can't be read: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(rule, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(93UL)]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x8000_0000_0000_0000UL)]
    public void A_length_that_cannot_be_true_is_refused(ulong length)
    {
        var file = new byte[100];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);

        Assert.Contains("length of its head", Assert.Throws<CheckpointException>(() => SafetensorsHeader.LengthOf("f", file, 100)).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, TensorEntry> Parse(string json, int data, out long head)
    {
        var text = Encoding.UTF8.GetBytes(json);
        var file = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)text.Length);
        text.CopyTo(file, 8);
        head = file.Length;
        return SafetensorsHeader.Parse("model.safetensors", file, file.Length + data);
    }
}
