namespace MusicGen.Integration;

public sealed class SmokeTests
{
    [Fact]
    public void Runs() => Assert.Equal("MusicGen.Integration", typeof(SmokeTests).Assembly.GetName().Name);
}
