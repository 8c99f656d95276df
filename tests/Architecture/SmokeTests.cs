namespace MusicGen.Architecture;

public sealed class SmokeTests
{
    [Fact]
    public void Runs() => Assert.Equal("MusicGen.Architecture", typeof(SmokeTests).Assembly.GetName().Name);
}
