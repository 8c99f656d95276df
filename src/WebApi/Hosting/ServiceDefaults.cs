using MusicGen.WebApi.Configuration;

namespace MusicGen.WebApi.Hosting;

/// <summary>Settings that depend on the data folder and the environment, for what no variable said.</summary>
internal static class ServiceDefaults
{
    public const string Urls = "http://localhost:8000";

    private static readonly TimeSpan UsualNotice = TimeSpan.FromSeconds(5);

    /// <summary>Fills the settings in, Redis aside.</summary>
    public static async Task ApplyAsync(ServiceSettings settings, DataFolder folder, CancellationToken ct)
    {
        settings["Data:Folder"] = folder.Path;
        settings["Node:Version"] = ProgramVersion.Text;
        settings.Default("Node:Name", $"{Environment.MachineName}:{PortOf(settings["Server:Urls"] ?? Urls)}"); // several on a machine have ports of their own
        settings.Default("Node:ShutdownNotice", Notice(settings).ToString());
        settings.Default("Database:Provider", "sqlite");
        if (settings["Database:Provider"] == "sqlite")
            settings.Default("Database:ConnectionString", $"Data Source={folder.File("musicgen.db")}");
        settings.Default("Audio:Path", folder.File("audio"));
        MakeAudioFolder(settings["Audio:Path"]!);
        settings["Auditing:HeadFile"] = folder.File("audit.head");
        settings["Database:Scratch"] = folder.Path;
        settings.Default("Inference:ModelPath", folder.File("models"));
        settings.Default("Inference:CacheFolder", folder.File(DataFolder.PackedWeights));
        settings.Default("Accounts:EmailVerification", settings.Environment.IsDevelopment ? "off" : "required");
        if (!settings.Environment.IsDevelopment)
            return;

        settings.Default("Mail:Folder", folder.File("mail"));
        settings.Default("Jwt:SecretKey", await DevelopmentSecrets.ReadOrMakeAsync(folder, ct));
        var listening = ListeningOrigin(settings["Server:Urls"] ?? Urls);
        settings.Default("Edge:PublicUrl", listening);
        settings.Default("Accounts:PublicUrl", listening);
    }

    // Where another node would be asked instead.
    private static TimeSpan Notice(ServiceSettings settings)
    {
        if (settings.Environment.IsDevelopment || settings["Redis:ConnectionString"] is null || settings["Node:Role"] == "worker")
            return TimeSpan.Zero;
        var most = ServerHost.ShutdownGrace(settings) / 2;
        return most < UsualNotice ? most : UsualNotice;
    }

    // From here on it is there: a folder of all audio that is missing later is a disk that isn't mounted.
    private static void MakeAudioFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"AUDIO_PATH: the folder {path} can't be made: {e.Message}", e);
        }
    }

    private static int PortOf(string urls) => Microsoft.AspNetCore.Http.BindingAddress.Parse(urls.Split(';', StringSplitOptions.TrimEntries)[0]).Port;

    /// <summary>Where people of this machine reach a server that listens there: a wildcard host is localhost to them.</summary>
    public static string ListeningOrigin(string urls)
    {
        var address = Microsoft.AspNetCore.Http.BindingAddress.Parse(urls.Split(';', StringSplitOptions.TrimEntries)[0]);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri.GetLeftPart(UriPartial.Authority);
    }
}
