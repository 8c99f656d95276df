namespace MusicGen.Application.Identity;

/// <summary>Knows passwords that others have lost.</summary>
public interface IBreachedPasswords
{
    bool Contains(string password);
}
