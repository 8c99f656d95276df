using System.Text;
using MusicGen.WebApi.Controllers;
using MusicGen.WebApi.Http;

namespace MusicGen.Unit.WebApi.Http;

public class StrictJsonTests
{
    [Fact]
    public void A_good_body_is_read()
    {
        var read = Assert.IsType<GenerateRequest>(Read<GenerateRequest>("""{"prompt":"piano","top_k":3,"duration":1.5,"instruments":["flute"]}""", out var faults));

        Assert.Empty(faults);
        Assert.Equal(("piano", 3, 1.5, "flute"), (read.Prompt, read.TopK, read.Duration, Assert.Single(read.Instruments!)));
    }

    [Theory]
    [InlineData("""{"prompt":1}""", "prompt", "This must be a string of valid Unicode.")]
    [InlineData("""{"prompt":null}""", "prompt", "This must not be null.")]
    [InlineData("""{}""", "prompt", "This field is required.")]
    [InlineData("""{"prompt":"a","Prompt":"b"}""", "Prompt", "There is no such field.")]
    [InlineData("""{"prompt":"a","colour":1}""", "colour", "There is no such field.")]
    [InlineData("""{"prompt":"a","prompt":"b"}""", "prompt", "This field stands there twice.")]
    [InlineData("""{"prompt":"a","duration":"10"}""", "duration", "This must be a number.")]
    [InlineData("""{"prompt":"a","duration":1e999}""", "duration", "This must be a number.")]
    [InlineData("""{"prompt":"a","seed":1.5}""", "seed", "This must be a whole number within range.")]
    [InlineData("""{"prompt":"a","seed":9223372036854775808}""", "seed", "This must be a whole number within range.")]
    [InlineData("""{"prompt":"a","top_k":4294967296}""", "top_k", "This must be a whole number within range.")]
    [InlineData("""{"prompt":"a","do_sample":"true"}""", "do_sample", "This must be true or false.")]
    [InlineData("""{"prompt":"a","instruments":"flute"}""", "instruments", "This must be a list.")]
    [InlineData("""{"prompt":"a","instruments":["flute",null]}""", "instruments[1]", "This must not be null.")]
    [InlineData("""{"prompt":"a","instruments":[{}]}""", "instruments[0]", "This must be a string of valid Unicode.")]
    [InlineData("""{"prompt":"\ud800"}""", "prompt", "This must be a string of valid Unicode.")]
    [InlineData("[]", "body", "This must be an object.")]
    [InlineData("null", "body", "A JSON object is required.")]
    [InlineData("3", "body", "This must be an object.")]
    public void What_is_wrong_is_named_in_the_wires_words(string body, string field, string message)
    {
        Assert.Null(Read<GenerateRequest>(body, out var faults));

        var (name, messages) = Assert.Single(faults);
        Assert.Equal((field, message), (name, Assert.Single(messages)));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("{\"prompt\":\"a\",}")]
    [InlineData("{\"prompt\":\"a\"} x")]
    [InlineData("{\"prompt\":NaN}")]
    [InlineData("// nothing\n{\"prompt\":\"a\"}")]
    public void Malformed_text_says_where_and_names_no_type(string body)
    {
        Assert.Null(Read<GenerateRequest>(body, out var faults));

        var message = Assert.Single(Assert.Single(faults, f => f.Key == "body").Value);
        Assert.StartsWith("This is not valid JSON", message, StringComparison.Ordinal);
        Assert.DoesNotContain("System", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_field_at_fault_is_named_at_once()
    {
        Read<GenerateRequest>("""{"duration":"x","seed":"y","nonsense":1}""", out var faults);

        Assert.Equal(["duration", "nonsense", "prompt", "seed"], faults.Keys.Order());
    }

    [Fact]
    public void Depth_and_bytes_that_are_no_text_are_refused()
    {
        Assert.Null(Read<GenerateRequest>(new string('[', 100) + new string(']', 100), out var deep));
        Assert.NotEmpty(deep);

        Assert.Null(StrictJson.Read((byte[])[.. "{\"prompt\":\""u8, 0xFF, 0xFE, .. "\"}"u8], typeof(GenerateRequest), WireJson.Options, out var bytes));
        Assert.NotEmpty(bytes);
    }

    [Fact]
    public void A_body_of_faults_does_not_come_back_whole()
    {
        var body = "{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"{new string('n', 200)}{i}\":1")) + "}";

        Read<GenerateRequest>(body, out var faults);

        Assert.True(faults.Count <= 50);
        Assert.All(faults.Keys, k => Assert.True(k.Length <= 100));
    }

    [Fact]
    public void A_parameter_without_a_default_is_required()
    {
        Read<LoginRequest>("""{"email":"a@b.c"}""", out var faults);

        Assert.Equal("password", Assert.Single(faults).Key);
    }

    [Fact]
    public void The_one_camel_case_name_stays()
    {
        var json = System.Text.Json.JsonSerializer.Serialize(new CsrfTokenResponse("x"), WireJson.Options);

        Assert.Equal("""{"csrfToken":"x"}""", json);
    }

    private static T? Read<T>(string body, out IReadOnlyDictionary<string, string[]> faults)
        where T : class => (T?)StrictJson.Read(Encoding.UTF8.GetBytes(body), typeof(T), WireJson.Options, out faults);
}
