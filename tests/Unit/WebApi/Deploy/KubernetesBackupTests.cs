using k8s;
using k8s.Models;
using MusicGen.WebApi.CommandLine;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>Backup and restore in a cluster: jobs by hand, as the pods that serve are, with a claim of their own.</summary>
public sealed class KubernetesBackupTests
{
    private const string Folder = "deploy/kubernetes/backup";

    private static readonly V1PersistentVolumeClaim Claim = Read<V1PersistentVolumeClaim>("backup/volume.yaml");

    private static readonly V1Job Backup = Read<V1Job>("backup/backup.yaml");

    private static readonly V1Job Restore = Read<V1Job>("backup/restore.yaml");

    private static readonly V1Job[] Jobs = [Backup, Restore];

    private static readonly V1PodSpec Serving = Read<V1Deployment>("deployment.yaml").Spec.Template.Spec;

    private static readonly string Document = DeployFiles.Text("docs/deployment.md");

    // Kustomize would run them with each change that is applied.
    [Fact]
    public void They_are_made_by_hand_as_the_document_says()
    {
        Assert.DoesNotContain("backup", DeployFiles.Text("deploy/kubernetes/kustomization.yaml"), StringComparison.Ordinal);
        Assert.All(["volume.yaml", "backup.yaml", "restore.yaml"], f => Assert.Contains($"{Folder}/{f}", Document, StringComparison.Ordinal));
        Assert.Equal("musicgen-backup-", Backup.Metadata.GenerateName); // as often as one likes
        Assert.Contains($"job/{Restore.Metadata.Name}", Document, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_runs_its_command_and_keeps_what_it_knows_of_an_interrupted_one()
    {
        Assert.Equal(["backup", "/backup/$(NODE_NAME)"], Container(Backup).Args);
        Assert.Equal("restore", Container(Restore).Args[0]);
        Assert.All(Jobs, j => Assert.Contains(Command(j), new[] { BackupCommands.Backup(new Dictionary<string, string>()).Name, BackupCommands.Restore(new Dictionary<string, string>()).Name }));
        Assert.Equal(("Never", 0), (Backup.Spec.Template.Spec.RestartPolicy, Backup.Spec.BackoffLimit)); // each into a folder of its own
        Assert.Equal("OnFailure", Restore.Spec.Template.Spec.RestartPolicy); // in the same pod, whose data folder has the mark
    }

    [Fact]
    public void They_are_what_a_pod_that_serves_is_and_have_a_claim_of_their_own()
    {
        Assert.Equal(["ReadWriteOnce"], Claim.Spec.AccessModes);
        Assert.All(Jobs, j =>
        {
            var pod = j.Spec.Template.Spec;
            Assert.Equal(KubernetesYaml.Serialize(Serving.SecurityContext), KubernetesYaml.Serialize(pod.SecurityContext));
            Assert.Equal(KubernetesYaml.Serialize(Serving.Containers[0].SecurityContext), KubernetesYaml.Serialize(Container(j).SecurityContext));
            Assert.Equal(KubernetesYaml.Serialize(Serving.Containers[0].EnvFrom), KubernetesYaml.Serialize(Container(j).EnvFrom));
            Assert.Equal(KubernetesYaml.Serialize(Serving.NodeSelector), KubernetesYaml.Serialize(pod.NodeSelector));
            Assert.Equal((false, false), (pod.AutomountServiceAccountToken, pod.EnableServiceLinks));
            Assert.Equal(
                [.. Serving.Containers[0].VolumeMounts.Select(m => m.MountPath), "/backup"],
                Container(j).VolumeMounts.Select(m => m.MountPath).OrderBy(p => p == "/backup"));
            Assert.Equal(pod.Volumes.Select(v => v.Name).Order(StringComparer.Ordinal), Container(j).VolumeMounts.Select(m => m.Name).Order(StringComparer.Ordinal));
            Assert.Equal(Claim.Metadata.Name, pod.Volumes.Single(v => v.Name == "backup").PersistentVolumeClaim.ClaimName);
            Assert.Equal("musicgen-audio", pod.Volumes.Single(v => v.Name == "audio").PersistentVolumeClaim.ClaimName);
        });
        Assert.True(Container(Restore).VolumeMounts.Single(m => m.MountPath == "/backup").ReadOnlyProperty);
    }

    // The policy of all nodes lets them out to the stores; a Service's selector has the component of those that serve.
    [Fact]
    public void They_reach_the_stores_and_nobody_is_sent_to_them() => Assert.All(Jobs, j =>
    {
        Assert.Equal("musicgen", j.Spec.Template.Metadata.Labels["app.kubernetes.io/name"]);
        Assert.DoesNotContain(j.Spec.Template.Metadata.Labels["app.kubernetes.io/component"], new[] { "api", "worker" });
        Assert.Equal($"musicgen:{DeployFiles.Yaml("deploy/kubernetes/kustomization.yaml")["images"]![0]!["newTag"]!.GetValue<string>()}", Container(j).Image);
    });

    private static T Read<T>(string file) => (T)Assert.Single(KubernetesYaml.LoadAllFromString(DeployFiles.Text($"deploy/kubernetes/{file}"), strict: true));

    private static V1Container Container(V1Job job) => Assert.Single(job.Spec.Template.Spec.Containers);

    private static string Command(V1Job job) => Container(job).Args[0];
}
