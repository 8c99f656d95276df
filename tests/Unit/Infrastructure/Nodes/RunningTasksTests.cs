using MusicGen.Infrastructure.Nodes;

namespace MusicGen.Unit.Infrastructure.Nodes;

/// <summary>What a node says it has in hand, by which operators decide when to stop it.</summary>
public sealed class RunningTasksTests
{
    [Fact]
    public void A_second_start_of_a_task_that_ends_at_once_leaves_the_first_in_hand()
    {
        var tasks = new RunningTasks();

        using (tasks.Begin("a"))
        {
            tasks.Begin("a").Dispose();
            using (tasks.Begin("b"))
                Assert.Equal(["a", "b"], tasks.Ids);
            Assert.Equal(["a"], tasks.Ids);
        }

        Assert.Empty(tasks.Ids);
    }
}
