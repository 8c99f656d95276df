using System.Globalization;
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

    private const string Component = "app.kubernetes.io/component";

    // What openssl would say.
    private const string Secret = "q7Zr1vX0mT4kB9sW2nHf8dLc6yEa3pGu";

    // The user "app" of Microsoft's images.
    private const long User = 1654;

    private static readonly string[] Files =
        [.. Directory.GetFiles(Path.Combine(DeployFiles.Root, Folder), "*.yaml").Select(f => Path.GetFileName(f)!).Where(f => f != "kustomization.yaml").Order(StringComparer.Ordinal)];

    // Strict: a field that Kubernetes doesn't have, it would ignore in silence.
    private static readonly List<object> Objects = [.. Files.SelectMany(f => KubernetesYaml.LoadAllFromString(DeployFiles.Text($"{Folder}/{f}"), strict: true))];

    private static readonly V1Deployment Serving = Objects.OfType<V1Deployment>().Single();

    private static readonly V1StatefulSet Working = Objects.OfType<V1StatefulSet>().Single();

    private static readonly V1PodTemplateSpec[] Pods = [Serving.Spec.Template, Working.Spec.Template];

    private static readonly (string Name, string Value)[] Map = [.. Objects.OfType<V1ConfigMap>().Single().Data.Select(d => (d.Key, d.Value))];

    [Fact]
    public void Kustomize_takes_every_file_and_names_the_image_and_its_version()
    {
        var kustomization = DeployFiles.Yaml($"{Folder}/kustomization.yaml");

        Assert.Equal(Files, DeployFiles.Texts(kustomization["resources"]).Order(StringComparer.Ordinal));
        Assert.All(Pods, p => Assert.Equal(Container(p).Image, kustomization["images"]![0]!["name"]!.GetValue<string>()));
        Assert.Equal(ProductVersion(), kustomization["images"]![0]!["newTag"]!.GetValue<string>());
        Assert.Equal(Objects.OfType<V1Namespace>().Single().Metadata.Name, kustomization["namespace"]!.GetValue<string>());
        Assert.Contains($"musicgen:${{MUSICGEN_TAG:-{ProductVersion()}}}", DeployFiles.Text("deploy/compose.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_sample_refuses_the_start_until_it_is_replaced()
    {
        var samples = Map.Where(v => v.Value.Contains(SampleValues.Mark, StringComparison.Ordinal)).Select(v => v.Name).ToList();

        var refused = Settings.Refusals(Map);

        Assert.Superset(new HashSet<string>(["PUBLIC_URL", "TRUSTED_PROXIES", "INTERNAL_NETWORKS"]), samples.ToHashSet(StringComparer.Ordinal));
        Assert.All(samples, name => Assert.Contains(refused, l => l.StartsWith($"{name}: still holds the sample", StringComparison.Ordinal)));
    }

    [Fact]
    public void With_them_replaced_and_the_documents_secrets_a_pod_starts()
    {
        var secrets = DeployFiles.Text("docs/deployment.md").Split("\ncat > musicgen.env <<END\n")[1].Split("\nEND\n")[0].Split('\n')
            .Select(l => l.Split('=', 2)).Select(l => (Name: l[0], Value: l[1].Trim('\'').Replace("$(openssl rand -base64 48)", Secret, StringComparison.Ordinal).Replace("$(openssl rand -hex 32)", Secret, StringComparison.Ordinal).Replace("…", "x", StringComparison.Ordinal))).ToList();
        var replaced = Map.Select(v => (v.Name, v.Name is "TRUSTED_PROXIES" or "INTERNAL_NETWORKS" ? "10.244.0.0/16" : v.Value.Replace("change-me.", string.Empty, StringComparison.Ordinal)));

        Assert.All([.. Map.Select(v => v.Name), .. secrets.Select(s => s.Name)], n => Assert.True(EnvironmentVariables.ByName.ContainsKey(n), $"{n} is no variable."));
        Assert.All(Pods, p =>
        {
            var own = Container(p).Env.Select(e => (e.Name, e.Value ?? "musicgen-worker-0"));
            var settings = Settings.Read([.. replaced, .. secrets, .. own, .. DeployFiles.ImageVariables.Select(v => (v.Key, v.Value))]);
            Assert.Empty(settings.Warnings);
            Assert.Equal("sqlserver", settings["Database:Provider"]);
            Assert.NotNull(settings["Edge:InternalApiKeys"]);
            Assert.Equal(p.Metadata.Labels[Component], settings["Node:Role"]);
        });
    }

    // What is ordered of a node is ordered of its name, which only a StatefulSet's pod keeps.
    [Fact]
    public void A_worker_has_the_same_name_each_time_and_none_holds_up_anothers_repair()
    {
        Assert.All(Pods, p => Assert.Equal("metadata.name", Container(p).Env.Single(e => e.Name == "NODE_NAME").ValueFrom.FieldRef.FieldPath));
        Assert.Equal("worker", Working.Spec.Template.Metadata.Labels[Component]);
        Assert.Equal("Parallel", Working.Spec.PodManagementPolicy);
        Assert.Equal("RollingUpdate", Working.Spec.UpdateStrategy.Type);
    }

    [Fact]
    public void A_pod_has_no_right_that_it_does_not_need()
    {
        Assert.All(Pods, p =>
        {
            Assert.True(p.Spec.SecurityContext.RunAsNonRoot);
            Assert.Equal([User, User, User], new[] { p.Spec.SecurityContext.RunAsUser, p.Spec.SecurityContext.RunAsGroup, p.Spec.SecurityContext.FsGroup });
            Assert.Equal("RuntimeDefault", p.Spec.SecurityContext.SeccompProfile.Type);
            Assert.False(p.Spec.AutomountServiceAccountToken);
            Assert.True(Container(p).SecurityContext.ReadOnlyRootFilesystem);
            Assert.False(Container(p).SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], Container(p).SecurityContext.Capabilities.Drop);
            // A Service named "redis" would set REDIS_PORT to an address.
            Assert.False(p.Spec.EnableServiceLinks);
        });
        Assert.Equal("restricted", Objects.OfType<V1Namespace>().Single().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
    }

    [Fact]
    public void A_pod_writes_to_its_volumes_and_to_temporary_files_alone()
    {
        Assert.All(Pods, p =>
        {
            var mounts = Container(p).VolumeMounts;
            string[] models = p.Metadata.Labels[Component] == "worker" ? ["/srv/musicgen/models"] : []; // who makes no music holds none
            Assert.Equal(["/srv/musicgen/audio", .. models, "/tmp", "/var/lib/musicgen"], mounts.Where(m => m.ReadOnlyProperty != true).Select(m => m.MountPath).Order(StringComparer.Ordinal));
            Assert.Equal(Path.GetDirectoryName(Value("MUSICGEN_ENV_FILE")), mounts.Single(m => m.ReadOnlyProperty == true).MountPath);
            Assert.Equal(p.Spec.Volumes.Select(v => v.Name).Order(StringComparer.Ordinal), mounts.Select(m => m.Name).Order(StringComparer.Ordinal));
        });
        Assert.Equal("/srv/musicgen/audio", Value("AUDIO_PATH"));
        Assert.Equal("/srv/musicgen/models", Value("MODEL_PATH"));
        Assert.StartsWith("/var/lib/musicgen/", DeployFiles.ImageVariables["MUSICGEN_DATA"], StringComparison.Ordinal);
        Assert.Equal(
            Objects.OfType<V1PersistentVolumeClaim>().Select(c => c.Metadata.Name),
            Pods.SelectMany(p => p.Spec.Volumes).Where(v => v.PersistentVolumeClaim is not null).Select(v => v.PersistentVolumeClaim.ClaimName).Distinct());
        // More than one pod has each.
        Assert.All(Objects.OfType<V1PersistentVolumeClaim>(), c => Assert.Equal(["ReadWriteMany"], c.Spec.AccessModes));
    }

    [Fact]
    public void Every_object_means_the_pods_of_its_kind_and_the_same_port()
    {
        var (api, worker) = (Serving.Spec.Template.Metadata.Labels, Working.Spec.Template.Metadata.Labels);
        var service = Service("musicgen");
        var ingress = Objects.OfType<V1Ingress>().Single();

        Assert.Equal(["api", "worker"], new[] { api[Component], worker[Component] });
        Assert.All([Serving.Spec.Selector.MatchLabels, Spread(Serving.Spec.Template), service.Spec.Selector, Budget("musicgen"), Policy("musicgen-api").Spec.PodSelector.MatchLabels], s => Assert.Equal(api, s));
        Assert.All([Working.Spec.Selector.MatchLabels, Spread(Working.Spec.Template), Service(Working.Spec.ServiceName).Spec.Selector, Budget("musicgen-worker")], s => Assert.Equal(worker, s));
        Assert.All(Pods, p => Assert.EndsWith($":{Port(p).ContainerPort}", DeployFiles.ImageVariables["ASPNETCORE_URLS"], StringComparison.Ordinal));
        Assert.All(Objects.OfType<V1Service>(), s => Assert.Equal(Port(Pods[0]).Name, Assert.Single(s.Spec.Ports).TargetPort.Value));
        Assert.Equal("None", Service(Working.Spec.ServiceName).Spec.ClusterIP); // a name for each worker, and nobody is sent there
        var backend = Assert.Single(Assert.Single(ingress.Spec.Rules).Http.Paths).Backend.Service;
        Assert.Equal((service.Metadata.Name, service.Spec.Ports[0].Name), (backend.Name, backend.Port.Name));
        Assert.Equal(new Uri(Value("PUBLIC_URL")).Host, ingress.Spec.Rules[0].Host);
        Assert.Equal([ingress.Spec.Rules[0].Host], Assert.Single(ingress.Spec.Tls).Hosts);
    }

    [Fact]
    public void Monitoring_reaches_every_pod_and_the_ingress_controller_those_that_serve()
    {
        var (all, api) = (Policy("musicgen").Spec, Policy("musicgen-api").Spec);

        Assert.Equal(2, Objects.OfType<V1NetworkPolicy>().Count());
        Assert.All(Pods, p => Assert.Subset(p.Metadata.Labels.ToHashSet(), all.PodSelector.MatchLabels.ToHashSet()));
        Assert.Equal(["Ingress", "Egress"], all.PolicyTypes);
        Assert.Equal(["Ingress"], api.PolicyTypes);
        Assert.Equal(["monitoring"], From(all));
        Assert.Equal(["ingress-nginx"], From(api));
        Assert.All([all, api], s => Assert.Equal(Port(Pods[0]).Name, Assert.Single(s.Ingress[0].Ports).Port.Value));
    }

    // A stream of sound is silent while its task waits.
    [Fact]
    public void The_ingress_waits_longer_than_its_minute() => Assert.True(
        int.Parse(Objects.OfType<V1Ingress>().Single().Metadata.Annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"], CultureInfo.InvariantCulture) > 60);

    [Fact]
    public void Probes_ask_where_the_program_answers_and_a_pod_has_the_time_that_a_stop_takes() => Assert.All(Pods, p =>
    {
        var probes = new[] { Container(p).StartupProbe, Container(p).LivenessProbe, Container(p).ReadinessProbe };

        Assert.Equal(["/health/live", "/health/live", "/health/ready"], probes.Select(b => b.HttpGet.Path));
        Assert.All(probes, b => Assert.True(DeployFiles.IsProbe(b.HttpGet.Path), b.HttpGet.Path));
        Assert.All(probes, b => Assert.Equal(Port(p).Name, b.HttpGet.Port.Value));
        Assert.True(p.Spec.TerminationGracePeriodSeconds > DeployFiles.ShutdownGrace);
        Assert.Null(Container(p).Lifecycle); // the program gives notice itself
    });

    private static V1Container Container(V1PodTemplateSpec pod) => Assert.Single(pod.Spec.Containers);

    private static V1ContainerPort Port(V1PodTemplateSpec pod) => Assert.Single(Container(pod).Ports);

    private static IDictionary<string, string> Spread(V1PodTemplateSpec pod) => Assert.Single(pod.Spec.TopologySpreadConstraints).LabelSelector.MatchLabels;

    private static V1Service Service(string name) => Objects.OfType<V1Service>().Single(s => s.Metadata.Name == name);

    private static V1NetworkPolicy Policy(string name) => Objects.OfType<V1NetworkPolicy>().Single(s => s.Metadata.Name == name);

    private static IDictionary<string, string> Budget(string name) =>
        Objects.OfType<V1PodDisruptionBudget>().Single(s => s.Metadata.Name == name).Spec.Selector.MatchLabels;

    private static IEnumerable<string> From(V1NetworkPolicySpec policy) =>
        Assert.Single(policy.Ingress).FromProperty.SelectMany(f => f.NamespaceSelector.MatchLabels.Values);

    private static string Value(string name) => Map.Single(v => v.Name == name).Value;

    private static string ProductVersion() => Version().Match(DeployFiles.Text("Directory.Build.props")).Groups["version"].Value;

    [GeneratedRegex("<Version>(?<version>[^<]+)</Version>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();
}
