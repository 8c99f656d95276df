namespace MusicGen.Unit;

public sealed class SmokeTests
{
    [Fact]
    public void Runs() => Assert.Equal("MusicGen.Unit", typeof(SmokeTests).Assembly.GetName().Name);
}
