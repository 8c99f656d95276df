using System.CommandLine;
using MusicGen.Programs;
using MusicGen.Programs.Capacity;
using MusicGen.Programs.Chaos;
using MusicGen.Programs.Failover;
using MusicGen.Programs.Judge;
using MusicGen.Programs.Kernels;
using MusicGen.Programs.Proxies;
using MusicGen.Programs.Rolling;
using MusicGen.Programs.Scans;

// Long runs that are started by hand; a small version of each runs with the tests.
var root = new RootCommand("Measurements and stress runs of MusicGen. Each starts what it needs on loopback.")
{
    ServerMeasurement.Command(),
    CrashRun.Command(),
    RefreshRun.Command(),
    InterleavingRun.Command(),
    LoginTimingRun.Command(),
    GuessRun.Command(),
    AuditCostRun.Command(),
    EdgeCostRun.Command(),
    TwoNodesRun.Command(),
    BareEndpoint.Command(),
    RateLimitsRun.Command(),
    KeysUnderLoadRun.Command(),
    OutageRun.Command(),
    FailoverRun.Command(),
    RollingRestartRun.Command(),
    ChaosRun.Command(),
    DecoderSpeedRun.Command(),
    KernelsRun.Command(),
    WholeSongRun.Command(),
    PrecisionLossRun.Command(),
    CapacityRun.Command(),
    ComposerSpeedRun.Command(),
    SeamRun.Command(),
    FirstSoundRun.Command(),
    CodecSpeedRun.Command(),
    ProxyChainsRun.Command(),
    RealProxiesRun.Command(),
    ScanRun.Command(),
    JudgeRun.Command(),
};
return await root.Parse(args).InvokeAsync();
