using Microsoft.ML.Tokenizers;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Infrastructure.Inference.Text;

/// <summary>T5's SentencePiece unigram vocabulary: the same tokens as the reference, closed by the end token.</summary>
internal sealed class T5Tokenizer
{
    /// <summary>Pieces of a text that are read, the end token included.</summary>
    public const int MaxTokens = 512;

    private const string PieceFile = "spiece.model";
    private const string JsonFile = "tokenizer.json";
    private const int End = 1;

    private readonly SentencePieceTokenizer _pieces;
    private readonly CharacterMap _characters;
    private readonly int _unknown;

    private T5Tokenizer(SentencePieceTokenizer pieces, CharacterMap characters) =>
        (_pieces, _characters, _unknown) = (pieces, characters, pieces.UnknownId);

    /// <summary>Reads spiece.model, or tokenizer.json where only that is there.</summary>
    /// <exception cref="CheckpointException">Neither is there, or it isn't such a vocabulary.</exception>
    public static T5Tokenizer Open(string folder)
    {
        var isJson = !File.Exists(Path.Combine(folder, PieceFile));
        var file = isJson ? JsonFile : PieceFile;
        try
        {
            var model = isJson
                ? SentencePieceModel.FromTokenizerJson(File.ReadAllBytes(Path.Combine(folder, JsonFile)))
                : SentencePieceModel.FromPieces(File.ReadAllBytes(Path.Combine(folder, PieceFile)));
            using var stream = new MemoryStream(model.Proto);
            var pieces = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false, specialTokens: null);
            return new T5Tokenizer(pieces, new CharacterMap(model.Characters));
        }
        catch (CheckpointException)
        {
            throw;
        }
        catch (Exception e)
        {
            throw new CheckpointException(e is FileNotFoundException
                ? $"Neither {PieceFile} nor {JsonFile} is there."
                : $"{file} can't be read: it is no SentencePiece unigram vocabulary.", e);
        }
    }

    /// <summary>Holds the vocabulary against the model that it is for.</summary>
    /// <exception cref="CheckpointException">It has tokens that the text encoder doesn't know.</exception>
    public T5Tokenizer For(T5Config config) => _pieces.Vocabulary.Values.Max() < config.VocabularySize
        ? this
        : throw new CheckpointException($"The vocabulary has more pieces than the {config.VocabularySize} that the text encoder knows.");

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">As people wrote it.</param>
    /// <param name="wasCut">Whether the text has more than <see cref="MaxTokens"/>; the rest isn't read.</param>
    public int[] Encode(string text, out bool wasCut)
    {
        var tokens = new List<int>();
        foreach (var id in _pieces.EncodeToIds(_characters.Apply(text), addBeginningOfSentence: false, addEndOfSentence: false))
        {
            // The library gives each unknown character a token, SentencePiece one to a run of them.
            if (id != _unknown || tokens.Count == 0 || tokens[^1] != _unknown)
                tokens.Add(id);
        }

        wasCut = tokens.Count > MaxTokens - 1;
        return [.. tokens.Take(MaxTokens - 1), End];
    }
}
