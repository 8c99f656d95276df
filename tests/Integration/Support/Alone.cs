namespace MusicGen.Integration.Support;

/// <summary>Tests that start processes, browsers or builds of their own: one after the other, and beside nothing else.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
