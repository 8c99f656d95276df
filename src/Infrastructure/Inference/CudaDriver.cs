using System.Runtime.InteropServices;

namespace MusicGen.Infrastructure.Inference;

/// <summary>What NVIDIA's driver knows of a GPU and libtorch doesn't tell.</summary>
internal static class CudaDriver
{
    private const string Library = "libcuda.so.1";
    private const int Success = 0;

    /// <summary>Bytes that a GPU has; null where there is no driver to say so.</summary>
    public static long? MemoryOf(int gpu)
    {
        try
        {
            return Start(0) == Success && Find(out var device, gpu) == Success && Measure(out var bytes, device) == Success ? (long)bytes : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport(Library, EntryPoint = "cuInit"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Start(uint flags);

    [DllImport(Library, EntryPoint = "cuDeviceGet"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Find(out int device, int number);

    [DllImport(Library, EntryPoint = "cuDeviceTotalMem_v2"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Measure(out nuint bytes, int device);
}
