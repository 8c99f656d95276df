using System.Diagnostics.CodeAnalysis;

namespace MusicGen.Domain;

/// <summary>What every result has, so that a behaviour can refuse without knowing the value's type.</summary>
public interface IResult<TSelf>
    where TSelf : IResult<TSelf>
{
    bool IsSuccess { get; }

    /// <exception cref="InvalidOperationException">It succeeded.</exception>
    Error Error { get; }

    /// <summary>The value for those who don't know its type; null when it failed.</summary>
    object? Answer { get; }

    [SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "The static abstract is the point: a behaviour makes a failure of any result type without reflection.")]
    static abstract TSelf Failure(Error error);
}

/// <summary>A value, or the reason why there is none.</summary>
public sealed class Result<T> : IResult<Result<T>>
{
    private readonly T? _value;
    private readonly Error? _error;

    private Result(T value) => _value = value;

    private Result(Error error) => _error = error;

    [MemberNotNullWhen(false, nameof(_error))]
    public bool IsSuccess => _error is null;

    /// <exception cref="InvalidOperationException">It failed.</exception>
    public T Value => IsSuccess ? _value! : throw new InvalidOperationException($"There is no value: {_error.Code}.");

    public object? Answer => _value;

    public Error Error => IsSuccess ? throw new InvalidOperationException("There is no error.") : _error;

    [SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "See IResult.")]
    public static Result<T> Failure(Error error) => new(error);

    [SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "Failure and the constructor say the same.")]
    public static implicit operator Result<T>(T value) => new(value);

    [SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "Failure and the constructor say the same.")]
    public static implicit operator Result<T>(Error error) => new(error);
}

/// <summary>The value of a command that has nothing to say but that it is done.</summary>
public readonly record struct None;
