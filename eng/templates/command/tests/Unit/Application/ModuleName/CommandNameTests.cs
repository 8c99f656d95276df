using MusicGen.Application.ModuleName.CommandName;

namespace MusicGen.Unit.Application.ModuleName;

public sealed class CommandNameTests
{
    [Fact]
    public async Task A_valid_command_succeeds()
    {
        var result = await new CommandNameCommandHandler().Handle(new CommandNameCommand("some-id"), TestContext.Current.CancellationToken);

        Assert.True(result.IsSuccess);
    }

    [Theory, InlineData(""), InlineData(" ")]
    public void An_empty_id_is_refused_by_name(string id)
    {
        var outcome = new CommandNameCommandValidator().Validate(new CommandNameCommand(id));

        Assert.Contains(outcome.Errors, e => e.PropertyName == nameof(CommandNameCommand.Id));
    }
}
