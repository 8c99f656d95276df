using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Identity;

/// <summary>
/// Opens the operator's filter when the options are validated, so that a bad one refuses the start, and keeps it: reading a
/// large one through takes seconds, which no request should wait for.
/// </summary>
internal sealed class BreachedPasswordsFile : IValidateOptions<BreachedPasswordsOptions>, IDisposable
{
    private readonly Lock _lock = new();
    private PasswordFilter? _filter;

    /// <summary>The filter, or null where the operator named none.</summary>
    public PasswordFilter? Filter(IOptions<BreachedPasswordsOptions> options) => options.Value.File is null ? null : _filter;

    public ValidateOptionsResult Validate(string? name, BreachedPasswordsOptions options)
    {
        if (options.File is null)
            return ValidateOptionsResult.Success;

        try
        {
            lock (_lock)
                _filter ??= PasswordFilter.Open(options.File);
            return ValidateOptionsResult.Success;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return ValidateOptionsResult.Fail($"File {options.File} can't be used: {e.Message}");
        }
    }

    public void Dispose() => _filter?.Dispose();
}
