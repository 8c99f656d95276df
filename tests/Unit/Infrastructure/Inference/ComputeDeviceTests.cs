using MusicGen.Infrastructure.Inference;
using MusicGen.Infrastructure.Inference.Checkpoints;

namespace MusicGen.Unit.Infrastructure.Inference;

/// <summary>INFERENCE_DEVICE: what it may hold, and what it means on machines with and without GPUs.</summary>
public sealed class ComputeDeviceTests
{
    [Theory]
    [InlineData("Auto", "auto")]
    [InlineData("cuda", "cuda")]
    [InlineData(" cuda:0 , CPU", "cuda:0,cpu")]
    [InlineData("cuda:3", "cuda:3")]
    public void A_setting_is_kept_in_small_letters_without_blanks(string setting, string kept) =>
        Assert.Equal(kept, ComputeDevice.Check(setting));

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:+1")]
    [InlineData("cuda:01")]
    [InlineData("cuda:256")]
    [InlineData("cpu:0")]
    [InlineData("cpu,cpu")]
    [InlineData("cuda:1,cuda:1")]
    [InlineData("auto,cpu")]
    [InlineData("cuda,cpu")]
    [InlineData("cuda:0,")]
    public void Anything_else_is_refused_with_the_forms_that_are_not(string setting) =>
        Assert.Contains("cuda:0,cuda:2", Assert.Throws<FormatException>(() => ComputeDevice.Check(setting)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("auto", 0, "cpu")]
    [InlineData("auto", 2, "cuda:0 cuda:1")]
    [InlineData("cpu", 2, "cpu")]
    [InlineData("cuda", 3, "cuda:0 cuda:1 cuda:2")]
    [InlineData("cuda:2,cuda:0", 3, "cuda:2 cuda:0")]
    [InlineData("cuda:0,cpu", 1, "cuda:0 cpu")]
    public void Each_device_gets_an_engine(string setting, int gpus, string devices) =>
        Assert.Equal(devices, string.Join(' ', TorchRuntime.Profiles(new InferenceOptions { Device = setting }, gpus).Select(p => p.Device.Name)));

    [Theory]
    [InlineData("cuda", 0, "no CUDA device")]
    [InlineData("cpu,cuda:0", 0, "no CUDA device")]
    [InlineData("cuda:0,cuda:2", 2, "There is no cuda:2 here: the last one is cuda:1")]
    [InlineData("gpu", 2, "must be auto")]
    public void A_device_that_is_not_there_is_named_with_advice(string setting, int gpus, string reason)
    {
        var problem = Assert.Throws<CheckpointException>(() => TorchRuntime.Profiles(new InferenceOptions { Device = setting }, gpus)).Message;

        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.Contains("INFERENCE_DEVICE", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto", "auto", "torchsharp-cuda-fp16", "fp32")]
    [InlineData("int8", "auto", "torchsharp-cuda-fp16", "int8")]
    [InlineData("int8", "portable", "torchsharp-cuda-fp16", "simd-portable-int8")]
    [InlineData("fp16", "auto", "torchsharp-cuda-fp16", "fp32")]
    [InlineData("bf16", "portable", "torchsharp-cuda-bf16", "simd-portable-bf16")]
    [InlineData("fp32", "torch", "torchsharp-cuda-fp32", "torchsharp-cpu-fp32")]
    public void Beside_each_other_a_gpu_and_a_cpu_take_what_they_can_of_the_settings(string precision, string decoder, string gpu, string cpu)
    {
        var profiles = TorchRuntime.Profiles(new InferenceOptions { Device = "cuda:0,cpu", Precision = precision, Decoder = decoder }, 1);

        Assert.Equal(gpu, profiles[0].Name);
        Assert.EndsWith(cpu, profiles[1].Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda", "int8", "auto", "int8")]
    [InlineData("cpu", "fp16", "auto", "fp16")]
    [InlineData("cuda", "auto", "portable", "INFERENCE_DECODER")]
    [InlineData("cuda:0,cpu", "int8", "torch", "int8")]
    public void What_no_device_of_the_list_can_do_is_said(string device, string precision, string decoder, string reason)
    {
        var options = new InferenceOptions { Device = device, Precision = precision, Decoder = decoder };

        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => TorchRuntime.Profiles(options, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_holds_for_each_device_and_follows_the_machine_where_nobody_sets_one()
    {
        var set = TorchRuntime.Profiles(new InferenceOptions { Device = "cuda:0,cpu", MemoryMb = 100 }, 1);
        var unset = TorchRuntime.Profiles(new InferenceOptions { Device = "cpu" }, 0);

        Assert.All(set, p => Assert.Equal(100 << 20, p.MemoryLimit));
        Assert.Equal(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.75, unset[0].MemoryLimit, 4.0);
    }
}
