using System.Globalization;
using MusicGen.Application.Generations;
using Spectre.Console;

namespace MusicGen.WebApi.CommandLine;

/// <summary>Shows steps on standard error: a bar on a terminal, a plain line for each tenth otherwise. Standard output stays the answer's.</summary>
internal static class StepsOnConsole
{
    /// <summary>Runs the work and shows how far it is.</summary>
    public static async Task<T> ShowAsync<T>(string name, Func<IProgress<StepsDone>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
            return await work(new Lines(name));

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask(name))));
    }

    private sealed class Lines(string name) : IProgress<StepsDone>
    {
        private int _tenths = -1;

        public void Report(StepsDone value)
        {
            var tenths = value.Total == 0 ? 0 : (int)(10L * value.Done / value.Total);
            if (tenths <= _tenths)
                return;
            _tenths = tenths;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {tenths * 10} %"));
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<StepsDone>
    {
        public void Report(StepsDone value)
        {
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
        }
    }
}
