using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using MusicGen.Application.ModuleName.CommandName;
using MusicGen.Application.Persistence;
using MusicGen.Domain;
using MusicGen.Domain.Auditing;

namespace MusicGen.Integration.ModuleName;

/// <summary>The command through the pipeline of a running server, and what it leaves in the audit trail.</summary>
public sealed class CommandNameTests(MusicGenApp app)
{
    [Fact]
    public async Task Success_is_recorded_with_its_attempt()
    {
        var id = Guid.CreateVersion7().ToString();

        var result = await SendAsync(new CommandNameCommand(id));

        Assert.True(result.IsSuccess);
        Assert.Equal([AuditOutcome.Attempted, AuditOutcome.Succeeded], await OutcomesOfAsync(id));
    }

    [Fact]
    public async Task A_refusal_names_the_field_and_is_recorded_with_its_reason()
    {
        var id = new string('x', 65);

        var result = await SendAsync(new CommandNameCommand(id));

        Assert.Equal("request.invalid", result.Error.Code);
        Assert.Equal(["id"], result.Error.Fields!.Keys);
        Assert.Equal([AuditOutcome.Attempted, AuditOutcome.Denied], await OutcomesOfAsync(id));
    }

    private Task<Result<None>> SendAsync(CommandNameCommand command) =>
        app.InScopeAsync(services => services.GetRequiredService<ISender>().Send(command, TestContext.Current.CancellationToken));

    private Task<List<AuditOutcome>> OutcomesOfAsync(string subject) => app.InScopeAsync(services =>
        services.GetRequiredService<IMusicGenDbContext>().AuditEntries
            .Where(e => e.Action == "modulename.command_name" && e.Subject == subject)
            .OrderBy(e => e.Sequence)
            .Select(e => e.Outcome)
            .ToListAsync(TestContext.Current.CancellationToken));
}
