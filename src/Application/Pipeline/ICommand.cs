using MediatR;
using MusicGen.Domain;

namespace MusicGen.Application.Pipeline;

/// <summary>A request that changes something: audited, validated, charged where it says so.</summary>
public interface ICommand<T> : IRequest<Result<T>>, ICommandMarker;

/// <summary>What behaviours ask for when the answer's type doesn't matter.</summary>
public interface ICommandMarker;
