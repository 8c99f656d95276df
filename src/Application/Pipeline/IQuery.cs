using MediatR;
using MusicGen.Domain;

namespace MusicGen.Application.Pipeline;

/// <summary>A request that only reads.</summary>
public interface IQuery<T> : IRequest<Result<T>>;
