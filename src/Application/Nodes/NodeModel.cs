using MusicGen.Domain;
using MusicGen.Domain.Nodes;

namespace MusicGen.Application.Nodes;

/// <summary>A model on a node, as far as it can be loaded and unloaded.</summary>
internal static class NodeModel
{
    /// <summary>Why a node can't be asked to load or unload a model; null when it can.</summary>
    public static Error? RefusalOf(NodeBoard board, string node, string model) => board.Find(node) switch
    {
        null => NodeErrors.NotFound,
        { IsAlive: false } => NodeErrors.Lost, // or gone: it can do nothing either way
        { State: { Role: not NodeRole.Api } state } => state.Models.FirstOrDefault(m => m.Id == model) switch
        {
            null => NodeErrors.ModelNotFound,
            { Neural: false } => NodeErrors.ModelBuiltIn,
            _ => null,
        },
        _ => NodeErrors.ModelNotFound, // it never makes music
    };
}
