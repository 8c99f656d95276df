// One violation of each rule, in the namespaces of the product. The rules select by namespace, so here they must fail.
#pragma warning disable CS0169, CA1823, IDE0051, IDE0044, CA1812, IDE0130
using MediatR;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using MusicGen.Application.Auditing;
using MusicGen.Application.Persistence;
using MusicGen.Application.Pipeline;
using MusicGen.Application.Sessions;
using MusicGen.Domain;
using StackExchange.Redis;

namespace TorchSharp
{
    internal sealed class Tensor;
}

namespace MusicGen.Domain.Planted
{
    internal sealed class DomainThatKnowsApplication
    {
        private readonly ICurrentUser? _caller;
    }
}

namespace MusicGen.Application.Planted
{
    internal sealed class ApplicationThatKnowsRedis
    {
        private readonly IDatabase? _redis;
    }

    internal sealed class ApplicationThatKnowsSqlite
    {
        private readonly SqliteConnection? _connection;
    }
}

namespace MusicGen.Application.Generations.Planted
{
    internal sealed class GenerationsThatKnowSessions
    {
        private readonly ISessionStore? _sessions;
    }

    internal sealed class GenerationsThatKnowTheTrail
    {
        private readonly IAuditTrail? _trail;
    }

    // No audit action, not sealed, no validator, and a handler that is public: breaks every convention of a use case.
    public record MisshapenCommand(string Password) : ICommand<None>;

    public sealed class MisnamedWorker : IRequestHandler<MisshapenCommand, Result<None>>
    {
        public Task<Result<None>> Handle(MisshapenCommand request, CancellationToken cancellationToken) =>
            Task.FromResult<Result<None>>(default(None));
    }

    // MediatR resolves IPipelineBehavior<TRequest, TResponse>; this shape is skipped in silence.
    internal sealed class SkippedBehavior<TValue> : IPipelineBehavior<MisshapenCommand, Result<TValue>>
    {
        public Task<Result<TValue>> Handle(MisshapenCommand request, RequestHandlerDelegate<Result<TValue>> next, CancellationToken cancellationToken) =>
            next(cancellationToken);
    }
}

namespace MusicGen.Infrastructure.Planted
{
    internal sealed class InfrastructureThatKnowsTheWeb
    {
        private readonly WebApi.Planted.ControllerThatKnowsRedis? _controller;
    }
}

namespace MusicGen.Infrastructure.Auditing.Planted
{
    internal sealed class TrailThatKnowsRedis
    {
        private readonly IDatabase? _redis;
    }

    internal sealed class TrailThatKnowsTorch
    {
        private readonly TorchSharp.Tensor? _tensor;
    }

    internal sealed class TrailThatKnowsBuckets
    {
        private readonly Amazon.S3.IAmazonS3? _bucket;
    }

    internal sealed class TrailThatKnowsTheWeb
    {
        private readonly HttpContext? _context;
    }
}

namespace MusicGen.Infrastructure.Inference.Planted
{
    internal sealed class InferenceThatKnowsTheDatabase
    {
        private readonly Microsoft.EntityFrameworkCore.DbContext? _context;
    }
}

namespace MusicGen.WebApi.Planted
{
    internal sealed class ControllerThatKnowsRedis
    {
        private readonly IDatabase? _redis;
    }

    [Microsoft.AspNetCore.Mvc.ApiController]
    public sealed class OpenController(IMusicGenDbContext db) : Microsoft.AspNetCore.Mvc.ControllerBase
    {
        [Microsoft.AspNetCore.Mvc.HttpGet("/planted")]
        public int Count() => db.Users.Local.Count;
    }
}
