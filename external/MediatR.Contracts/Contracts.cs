namespace MediatR;

/// <summary>Common base of the request kinds, so that generic constraints can name both.</summary>
public interface IBaseRequest;

/// <summary>A request without an answer.</summary>
public interface IRequest : IBaseRequest;

/// <summary>A request with an answer.</summary>
/// <typeparam name="TResponse">The answer.</typeparam>
public interface IRequest<out TResponse> : IBaseRequest;

/// <summary>A message for any number of handlers.</summary>
public interface INotification;

/// <summary>A request whose answer is a stream.</summary>
/// <typeparam name="TResponse">One element of the stream.</typeparam>
public interface IStreamRequest<out TResponse>;

/// <summary>The one value of "no answer".</summary>
public readonly struct Unit : IEquatable<Unit>
{
    private static readonly Unit TheValue;

    /// <summary>The value, by reference because MediatR.dll was compiled against that shape.</summary>
    public static ref readonly Unit Value => ref TheValue;

    /// <summary>A finished task that holds the value.</summary>
    public static Task<Unit> Task { get; } = System.Threading.Tasks.Task.FromResult(TheValue);

    public static bool operator ==(Unit left, Unit right) => left.Equals(right);

    public static bool operator !=(Unit left, Unit right) => !left.Equals(right);

    public bool Equals(Unit other) => true;

    public override bool Equals(object? obj) => obj is Unit;

    public override int GetHashCode() => 0;

    public override string ToString() => "()";
}
