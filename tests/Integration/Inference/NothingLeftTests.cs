using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Decoder;
using MusicGen.Infrastructure.Inference.Kernels;
using MusicGen.Infrastructure.Inference.Sampling;
using TorchSharp;

namespace MusicGen.Integration.Inference;

/// <summary>What a step and a song leave behind: nothing.</summary>
[Collection(Reference.Torch)]
public sealed class NothingLeftTests
{
    public NothingLeftTests()
    {
        Reference.NeedTorch();
        GC.Collect(); // what other tests left would go meanwhile
        GC.WaitForPendingFinalizers();
    }

    public static TheoryData<string, string> Simd =>
        new(KernelSelection.All.SelectMany(_ => new[] { "Fp32", "Bf16", "Int8" }, (kernels, precision) => (kernels.Name, precision)));

    [Theory]
    [MemberData(nameof(Simd))]
    public void A_step_of_the_decoder_allocates_nothing(string decoder, string precision)
    {
        const int Lanes = 3, Steps = 30;
        using var reference = new Reference("mono", decoder, Enum.Parse<Precision>(precision));
        using var scope = torch.NewDisposeScope();
        var model = reference.Model;
        using var conditions = Conditions.OfText(model, reference.Tokenizer.Encode(reference.Prompts[0], out _), null, isGuided: true);
        var lanes = Enumerable.Range(0, Lanes)
            .Select(i => new Lane([[.. Enumerable.Repeat(i, model.Config.Decoder.Codebooks)]], model.Decoder.NewCache(2, 2 * Steps), conditions.Texts, [])).ToArray();
        for (var step = 0; step < Steps; step++)
            model.Decoder.Pass(lanes, 2 * Lanes);
        var (tensors, blocks, allocating) = (torch.Tensor.TotalCount, NativeBlock.Living, 0);

        for (var step = 0; step < Steps; step++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            model.Decoder.Pass(lanes, 2 * Lanes);
            allocating += GC.GetAllocatedBytesForCurrentThread() == before ? 0 : 1;
        }

        Assert.InRange(allocating, 0, 1); // the runtime's own, when a thread is first contended for
        Assert.Equal((tensors, blocks), (torch.Tensor.TotalCount, NativeBlock.Living));
        Assert.All(lanes, lane => Assert.Equal(2 * Steps, lane.Cache.Length));
        Array.ForEach(lanes, lane => lane.Cache.Dispose());
    }

    [Theory]
    [InlineData("Fp32")]
    [InlineData("Int8")]
    public void A_thousand_songs_that_join_and_leave_leave_nothing_behind(string precision)
    {
        const int Count = 1000, AtOnce = 5;
        var (tensors, blocks, threads) = (torch.Tensor.TotalCount, NativeBlock.Living, KernelThreads());
        using (var reference = new Reference("mono", "auto", Enum.Parse<Precision>(precision)))
        {
            var tokens = reference.Tokenizer.Encode(reference.Prompts[0], out _);
            var running = new List<(WindowDecoding Window, Conditions Conditions)>();
            void Leave(int which)
            {
                running[which].Window.Dispose();
                running[which].Conditions.Dispose();
                running.RemoveAt(which);
            }

            Join();
            Leave(0);
            var (tensorsOfModel, blocksOfModel, threadsOfModel) = (torch.Tensor.TotalCount, NativeBlock.Living, KernelThreads());
            for (var song = 1; song < Count; song++)
            {
                Join();
                using var scope = torch.NewDisposeScope();
                DecoderPass.Step(reference.Model, [.. running.Select(r => r.Window)], 2 * AtOnce);
                running.FindAll(r => r.Window.IsDone).ForEach(r => Leave(running.IndexOf(r)));
                while (running.Count > song % AtOnce)
                    Leave(song * 7 % running.Count); // in the middle of its song
            }

            while (running.Count > 0)
                Leave(0);

            Assert.Equal((tensorsOfModel, blocksOfModel, threadsOfModel), (torch.Tensor.TotalCount, NativeBlock.Living, KernelThreads()));

            void Join()
            {
                using var scope = torch.NewDisposeScope();
                var conditions = Conditions.OfText(reference.Model, tokens, running.Count == 1 ? tokens : null, isGuided: running.Count != 2);
                running.Add((new WindowDecoding(reference.Model, conditions, Songs.Drawn(), new CodeDice(running.Count), Songs.NoCodes(reference.Model), 3, 0), conditions));
                if (running.Count != 4) // one is cancelled before it began
                    running[^1].Window.Prefill();
                else
                    Leave(3);
            }
        }

        SpinWait.SpinUntil(() => KernelThreads() == threads, TimeSpan.FromSeconds(10)); // a thread that was joined is the system's for a moment more
        Assert.Equal((tensors, blocks, threads), (torch.Tensor.TotalCount, NativeBlock.Living, KernelThreads()));
    }

    // As the system names them: every thread of a team is called after the kernels.
    private static int KernelThreads()
    {
        static bool IsKernels(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("kernels ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false; // it ended meanwhile
            }
        }

        return OperatingSystem.IsLinux() ? Directory.GetDirectories("/proc/self/task").Count(IsKernels) : 0;
    }
}
