"""Finds the configuration of what installs clusters, and has it read."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.configurators.files import configurators_in
from kpl.inputs.configurators.objects import configurator_of
from kpl.inputs.configurators.reading import documents_of
from kpl.inputs.document import Document
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping


class InstallerReader(ObjectReader):
    """Reads the objects that installers are given."""

    kind = ObjectKind(
        models=("KubeProxyConfig", "ClusterSettings"),
        kinds=(
            "Cluster",
            "ClusterConfig",
            "DNS",
            "KThreesConfig",
            "KThreesConfigTemplate",
            "KThreesControlPlane",
            "KThreesControlPlaneTemplate",
            "KubeClusterConfig",
            "KubeCoreDNSConfig",
            "KubeNetworkConfig",
            "KubeProxyConfig",
            "KubeadmConfig",
            "KubeadmConfigTemplate",
            "KubeadmControlPlane",
            "KubeadmControlPlaneTemplate",
            "KubeletConfig",
            "Network",
            "RKE2Config",
            "RKE2ConfigTemplate",
            "RKE2ControlPlane",
            "RKE2ControlPlaneTemplate",
            "Shoot",
            "Simple",
            "TalosConfig",
            "TalosConfigTemplate",
            "TalosControlPlane",
        ),
        groups=(
            "bootstrap.cluster.x-k8s.io/",
            "cluster.x-k8s.io/",
            "config.openshift.io/",
            "controlplane.cluster.x-k8s.io/",
            "core.gardener.cloud/",
            "eksctl.io/",
            "k3d.io/",
            "kind.x-k8s.io/",
            "kops.k8s.io/",
            "operator.openshift.io/",
            "provisioning.cattle.io/",
            "v1alpha1",
        ),
        # few words, as each is looked for in all files
        clues=(
            Clue(
                (
                    "x-k8s.io/",
                    "openshift.io/",
                    "gardener.cloud/",
                    "eksctl.io/",
                    "kops.k8s.io/",
                    "k3d.io/",
                    "provisioning.cattle.io/",
                ),
                (
                    (
                        r"""\bkind["']?[ \t]*:[ \t]*["']?"""
                        r"(?:Cluster|ClusterConfig|DNS|(?:Kubeadm|KThrees|RKE2|Talos)C\w+|Network|Shoot|Simple)\b"
                    ),
                ),
            ),
            Clue(("apiVersion: v1alpha1",), (r"(?m)^kind: Kube(?:Cluster|CoreDNS|Network|Proxy|let)Config\b",)),
        ),
        telling=("ClusterSettings",),
    )
    examples = (
        Takes(
            "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: a.example}\nspec:\n"
            "  kubeProxy: {proxyMode: ipvs}\n  podCIDR: 100.96.0.0/11\n",
            {"mode": "ipvs", "partial": True},
            kinds=("KubeProxyConfig", "ClusterSettings"),
        ),
        Leaves("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec: {kubeProxy: {proxyMode: ipvs}}\n"),
        Leaves("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nspec: {kubeProxy: {logLevel: 2}}\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """What the object `node` says."""
        configurator = configurator_of(node)
        if configurator is not None:
            yield from documents_of(configurator, node, place)


class InstallerFileReader(ObjectReader):
    """Reads files that hold no objects: those of Talos, k3s, RKE2 and minikube, and variables of Ansible."""

    kind = ObjectKind(
        models=("KubeProxyConfig", "ClusterSettings"),
        clues=(
            Clue(("talosVersion", "DNSOverrides")),
            Clue(("KubernetesConfig",), (r"DNSDomain[\"']?[ \t]*:",)),
            Clue(("proxy:", "DNS:", "Subnets:"), (r"(?m)^(?:machine|cluster)[ \t]*:",)),
            # a patch in the form of RFC 6902
            Clue(("/cluster/",), (r"path[\"']?[ \t]*:[ \t]*[\"']?/cluster/(?:coreDNS|network|proxy)\b",)),
            Clue(
                ("kube-proxy", "cluster-d", "-cidr:"),
                (r"(?m)^[ \t]*(?:kube-proxy-arg|disable-kube-proxy|cluster-(?:dns|domain|cidr)|service-cidr)[ \t]*:",),
            ),
            Clue(
                ("kube_proxy_", "nodelocaldns", "kube_pods_subnet"),
                (r"(?m)^(?:kube_proxy_|(?:enable_)?nodelocaldns|kube_pods_subnet)\w*[ \t]*:",),
            ),
        ),
        telling=("ClusterSettings",),
    )
    examples = (
        Takes(
            "cluster:\n  proxy:\n    mode: ipvs\n  coreDNS:\n    disabled: true\n",
            {"mode": "ipvs", "partial": True},
            kinds=("KubeProxyConfig", "ClusterSettings"),
        ),
        Takes('kube-proxy-arg:\n- "proxy-mode=ipvs"\n', {"mode": "ipvs"}),
        Takes("kube_proxy_mode: ipvs\nkube_proxy_strict_arp: true\n", {"mode": "ipvs"}),
        Leaves("cluster:\n  proxy:\n    mode: ipvs\n    replicas: 3\n"),
        Leaves("cluster-cidr: 10.42.0.0/16\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """What the file `node` says."""
        if node.pair("kind") is None:
            for configurator in configurators_in(node, place.source.path):
                yield from documents_of(configurator, node, place)
