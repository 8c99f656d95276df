namespace MusicGen.Application.Nodes;

/// <summary>What a process of the service does.</summary>
public enum NodeRole
{
    /// <summary>Everything: a service of one node needs no more.</summary>
    All,

    /// <summary>Serves the page and the API, and never loads an engine.</summary>
    Api,

    /// <summary>Makes music, and answers probes and metrics only.</summary>
    Worker,
}
