namespace MusicGen.Programs.Kernels;

/// <summary>What a kernel's call can't do without.</summary>
/// <param name="Bytes">Read from memory.</param>
/// <param name="Macs">Multiplications, each added up.</param>
internal readonly record struct KernelCost(double Bytes, double Macs);
