using FluentValidation;
using MediatR;
using MusicGen.Application.Auditing;
using MusicGen.Application.Pipeline;
using MusicGen.Domain;

namespace MusicGen.Application.ModuleName.CommandName;

/// <summary>Says in one sentence what changes when this is done.</summary>
/// <param name="Id">What it is done to.</param>
[AuditAction("modulename.command_name")]
public sealed record CommandNameCommand(string Id) : ICommand<None>, IAuditedSubject
{
    public string? AuditSubject => Id;
}

internal sealed class CommandNameCommandValidator : AbstractValidator<CommandNameCommand>
{
    public CommandNameCommandValidator() => RuleFor(c => c.Id).NotEmpty().MaximumLength(64);
}

internal sealed class CommandNameCommandHandler : IRequestHandler<CommandNameCommand, Result<None>>
{
    // Take what you need as constructor parameters: IMusicGenDbContext db, ICurrentUser caller, TimeProvider time.
    // Then read downwards: load, decide, save, answer. A refusal is an Error value; its kind decides the status.
    public Task<Result<None>> Handle(CommandNameCommand command, CancellationToken ct) =>
        Task.FromResult<Result<None>>(default(None));
}
