using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MusicGen.Infrastructure.Identity;

/// <summary>How mail leaves (SMTP_*); with neither host nor folder this server sends none.</summary>
public sealed class MailOptions
{
    public const string Section = "Mail";

    /// <summary>Where mail is written as files instead of being sent: Development.</summary>
    public string? Folder { get; init; }

    public string? Host { get; init; }

    [Range(1, 65535)]
    public int Port { get; init; } = 587;

    public string? Username { get; init; }

    public string? Password { get; init; }

    /// <summary>An address, with or without a name.</summary>
    public string From { get; init; } = "MusicGen <musicgen@localhost>";

    [EnumDataType(typeof(MailSecurity))]
    public MailSecurity Security { get; init; } = MailSecurity.Auto;

    internal bool IsAvailable => !string.IsNullOrEmpty(Host) || !string.IsNullOrEmpty(Folder);
}

public enum MailSecurity
{
    /// <summary>TLS at once on port 465, STARTTLS elsewhere where the server offers it.</summary>
    Auto,

    /// <summary>TLS at once.</summary>
    Tls,

    /// <summary>STARTTLS or nothing.</summary>
    StartTls,

    None,
}

[OptionsValidator]
internal sealed partial class MailOptionsValidator : IValidateOptions<MailOptions>;
