using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using MusicGen.Unit.WebApi.Configuration;
using MusicGen.WebApi.Configuration;

namespace MusicGen.Unit.WebApi.Deploy;

/// <summary>The manifests are what Kubernetes's own types know, and agree with each other, the program and the image.</summary>
public sealed partial class KubernetesTests
{
    private const string Folder = "deploy/kubernetes";

    // The user "app" of Microsoft's images.
    private const long User = 1654;

    private static readonly string[] Files =
        [.. Directory.GetFiles(Path.Combine(DeployFiles.Root, Folder), "*.yaml").Select(f => Path.GetFileName(f)!).Where(f => f != "kustomization.yaml").Order(StringComparer.Ordinal)];

    // Strict: a field that Kubernetes doesn't have, it would ignore in silence.
    private static readonly List<object> Objects = [.. Files.SelectMany(f => KubernetesYaml.LoadAllFromString(DeployFiles.Text($"{Folder}/{f}"), strict: true))];

    private static readonly V1Deployment Deployment = Objects.OfType<V1Deployment>().Single();

    private static readonly V1PodSpec Pod = Deployment.Spec.Template.Spec;

    private static readonly V1Container Container = Assert.Single(Pod.Containers);

    private static readonly (string Name, string Value)[] Map = [.. Objects.OfType<V1ConfigMap>().Single().Data.Select(d => (d.Key, d.Value))];

    [Fact]
    public void Kustomize_takes_every_file_and_names_the_image_and_its_version()
    {
        var kustomization = DeployFiles.Yaml($"{Folder}/kustomization.yaml");

        Assert.Equal(Files, DeployFiles.Texts(kustomization["resources"]).Order(StringComparer.Ordinal));
        Assert.Equal(Container.Image, kustomization["images"]![0]!["name"]!.GetValue<string>());
        Assert.Equal(ProductVersion(), kustomization["images"]![0]!["newTag"]!.GetValue<string>());
        Assert.Equal(Objects.OfType<V1Namespace>().Single().Metadata.Name, kustomization["namespace"]!.GetValue<string>());
        Assert.Contains($"musicgen:${{MUSICGEN_TAG:-{ProductVersion()}}}", DeployFiles.Text("deploy/compose.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_sample_refuses_the_start_until_it_is_replaced()
    {
        var samples = Map.Where(v => v.Value.Contains(SampleValues.Mark, StringComparison.Ordinal)).Select(v => v.Name).ToList();

        var refused = Settings.Refusals(Map);

        Assert.NotEmpty(samples);
        Assert.All(samples, name => Assert.Contains(refused, l => l.StartsWith($"{name}: still holds the sample", StringComparison.Ordinal)));
    }

    [Fact]
    public void With_them_replaced_and_the_documents_secrets_a_pod_starts()
    {
        var secrets = DeployFiles.Text("docs/deployment.md").Split("\ncat > musicgen.env <<END\n")[1].Split("\nEND\n")[0].Split('\n')
            .Select(l => l.Split('=', 2)).Select(l => (Name: l[0], Value: l[1].Trim('\'').Replace("$(openssl rand -base64 48)", "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu", StringComparison.Ordinal).Replace("…", "x", StringComparison.Ordinal))).ToList();
        var replaced = Map.Select(v => (v.Name, v.Name == "TRUSTED_PROXIES" ? "10.244.0.0/16" : v.Value.Replace("change-me.", string.Empty, StringComparison.Ordinal)));

        Assert.All([.. Map.Select(v => v.Name), .. secrets.Select(s => s.Name)], n => Assert.True(EnvironmentVariables.ByName.ContainsKey(n), $"{n} is no variable."));
        var settings = Settings.Read([.. replaced, .. secrets, .. DeployFiles.ImageVariables.Select(v => (v.Key, v.Value))]);
        Assert.Empty(settings.Warnings);
        Assert.Equal("sqlserver", settings["Database:Provider"]);
    }

    [Fact]
    public void A_pod_has_no_right_that_it_does_not_need()
    {
        Assert.True(Pod.SecurityContext.RunAsNonRoot);
        Assert.Equal([User, User, User], new[] { Pod.SecurityContext.RunAsUser, Pod.SecurityContext.RunAsGroup, Pod.SecurityContext.FsGroup });
        Assert.Equal("RuntimeDefault", Pod.SecurityContext.SeccompProfile.Type);
        Assert.False(Pod.AutomountServiceAccountToken);
        Assert.True(Container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(Container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], Container.SecurityContext.Capabilities.Drop);
        Assert.Equal("restricted", Objects.OfType<V1Namespace>().Single().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        // A Service named "redis" would set REDIS_PORT to an address.
        Assert.False(Pod.EnableServiceLinks);
    }

    [Fact]
    public void A_pod_writes_to_its_volumes_and_to_temporary_files_alone()
    {
        var writable = Container.VolumeMounts.Where(m => m.ReadOnlyProperty != true).Select(m => m.MountPath);

        Assert.Equal(["/srv/musicgen/audio", "/srv/musicgen/models", "/tmp", "/var/lib/musicgen"], writable.Order(StringComparer.Ordinal));
        Assert.Equal("/srv/musicgen/audio", Value("AUDIO_PATH"));
        Assert.Equal("/srv/musicgen/models", Value("MODEL_PATH"));
        Assert.StartsWith("/var/lib/musicgen/", DeployFiles.ImageVariables["MUSICGEN_DATA"], StringComparison.Ordinal);
        Assert.Equal(Path.GetDirectoryName(Value("MUSICGEN_ENV_FILE")), Container.VolumeMounts.Single(m => m.ReadOnlyProperty == true).MountPath);
        Assert.Equal(Pod.Volumes.Select(v => v.Name).Order(StringComparer.Ordinal), Container.VolumeMounts.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            Objects.OfType<V1PersistentVolumeClaim>().Select(c => c.Metadata.Name),
            Pod.Volumes.Where(v => v.PersistentVolumeClaim is not null).Select(v => v.PersistentVolumeClaim.ClaimName));
        // More than one pod has each.
        Assert.All(Objects.OfType<V1PersistentVolumeClaim>(), c => Assert.Equal(["ReadWriteMany"], c.Spec.AccessModes));
    }

    [Fact]
    public void Every_object_means_the_same_pods_and_the_same_port()
    {
        var labels = Deployment.Spec.Template.Metadata.Labels;
        var port = Assert.Single(Container.Ports);
        var service = Objects.OfType<V1Service>().Single();
        var ingress = Objects.OfType<V1Ingress>().Single();
        var policy = Objects.OfType<V1NetworkPolicy>().Single();

        Assert.All(
            [Deployment.Spec.Selector.MatchLabels, service.Spec.Selector, Objects.OfType<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels, policy.Spec.PodSelector.MatchLabels, Pod.TopologySpreadConstraints[0].LabelSelector.MatchLabels],
            selector => Assert.Equal(labels, selector));
        Assert.EndsWith($":{port.ContainerPort}", DeployFiles.ImageVariables["ASPNETCORE_URLS"], StringComparison.Ordinal);
        Assert.Equal(port.Name, Assert.Single(service.Spec.Ports).TargetPort.Value);
        Assert.Equal(port.Name, Assert.Single(policy.Spec.Ingress[0].Ports).Port.Value);
        var backend = Assert.Single(Assert.Single(ingress.Spec.Rules).Http.Paths).Backend.Service;
        Assert.Equal((service.Metadata.Name, service.Spec.Ports[0].Name), (backend.Name, backend.Port.Name));
        Assert.Equal(new Uri(Value("PUBLIC_URL")).Host, ingress.Spec.Rules[0].Host);
        Assert.Equal([ingress.Spec.Rules[0].Host], Assert.Single(ingress.Spec.Tls).Hosts);
    }

    [Fact]
    public void Probes_ask_where_the_program_answers_and_a_pod_has_the_time_that_a_stop_takes()
    {
        var probes = new[] { Container.StartupProbe, Container.LivenessProbe, Container.ReadinessProbe };

        Assert.Equal(["/health/live", "/health/live", "/health/ready"], probes.Select(p => p.HttpGet.Path));
        Assert.All(probes, p => Assert.True(DeployFiles.IsProbe(p.HttpGet.Path), p.HttpGet.Path));
        Assert.All(probes, p => Assert.Equal(Container.Ports[0].Name, p.HttpGet.Port.Value));
        Assert.True(Pod.TerminationGracePeriodSeconds > DeployFiles.ShutdownGrace);
        Assert.Null(Container.Lifecycle); // the program gives notice itself
    }

    private static string Value(string name) => Map.Single(v => v.Name == name).Value;

    private static string ProductVersion() => Version().Match(DeployFiles.Text("Directory.Build.props")).Groups["version"].Value;

    [GeneratedRegex("<Version>(?<version>[^<]+)</Version>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();
}
