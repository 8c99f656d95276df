using System.Globalization;
using System.Security.Cryptography;
using MusicGen.Application.Generations;
using MusicGen.Domain.Generations;
using MusicGen.Infrastructure.Inference.Composer;
using MusicGen.Infrastructure.Inference.Composer.Scoring;

namespace MusicGen.Unit.Infrastructure.Inference.Composer;

/// <summary>
/// Whoever changes what fixed requests give raises <see cref="ComposerEngine.Version"/>: by it a server knows whose notes
/// and stems it can still give. A failure prints the row that the new version gets.
/// </summary>
public sealed class VersionTests
{
    private const int Version = 2;
    private const string Notes = "aa3ca10516a6a742";
    private const double Tolerance = 0.003;

    // Each sound against noise that never changes: other machines differ in the last digits, another sound in the first.
    private static readonly double[] Sounds = [-0.7869, -0.8731, -0.0789, 0.0053, -0.5205, 0.8644, 0.0536, 0.1532];

    private static readonly string[] Prompts =
    [
        "jazz trio with saxophone", "epic orchestral with choir", "heavy metal", "reggae with organ", "folk with fiddle, flute and harp", "ambient pad with bells", "pop song with electric piano",
        "sitar, kalimba and marimba",
    ];

    [Fact]
    public void Other_notes_are_another_version()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var genre in MusicVocabulary.Genres)
        {
            for (var seed = 0; seed < 3; seed++)
            {
                var first = new MusicRequest { Prompt = genre, Seconds = 40, Seed = seed };
                foreach (var request in new[] { first, first with { Seconds = 60, ContinueOf = first }, first with { Seed = 9, MelodyOf = first } })
                {
                    var piece = Piece.Write(request);
                    hash.AppendData(MidiFile.Write(piece.Plan, piece.Score));
                }
            }
        }

        Assert.Equal((Version, Notes), (ComposerEngine.Version, Convert.ToHexStringLower(hash.GetHashAndReset())[..16]));
    }

    [Fact]
    public async Task Another_sound_is_another_version()
    {
        var sounds = new List<double>();
        foreach (var prompt in Prompts)
        {
            var request = new MusicRequest { Prompt = prompt, Seconds = 3, Seed = 5, SampleRate = 32000 };
            var clip = await new ComposerEngine().GenerateAsync(new ComposerEngine().Models[0], request, new Progress<StepsDone>(), TestContext.Current.CancellationToken);
            sounds.Add(AgainstNoise(clip.Samples));
        }

        Assert.True(
            Version == ComposerEngine.Version && sounds.Count == Sounds.Length && sounds.Zip(Sounds).All(p => Math.Abs(p.First - p.Second) < Tolerance),
            string.Create(CultureInfo.InvariantCulture, $"version {ComposerEngine.Version}: [{string.Join(", ", sounds.Select(s => s.ToString("0.0000", CultureInfo.InvariantCulture)))}]"));
    }

    private static double AgainstNoise(float[] samples)
    {
        var (state, sum, energy) = (2463534242u, 0.0, 0.0);
        foreach (var x in samples)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            sum += x * (int)state / 2147483648.0;
            energy += (double)x * x;
        }

        return sum / Math.Sqrt(energy);
    }
}
