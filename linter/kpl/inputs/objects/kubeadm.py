"""The configuration of kubeadm, as far as it tells which cluster it is, and what its DNS and its network are.

Sources: https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/,
https://pkg.go.dev/k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm (v1beta2, v1beta3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.objects.fields import mappings, pairs
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text import late
from kpl.text.span import Span, Text

_RELEASE = late.pattern(r"v?([0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?)\b")


class KubeletArgument(NamedTuple):
    """A flag of the kubelet, or of another program, without dashes."""

    name: Text
    value: Text


@dataclass(eq=False)
class KubeadmCluster:
    """kubeadm's ClusterConfiguration, at `span`; `release` is what it installs, without the ``v``."""

    span: Span
    release: Text | None
    dns_domain: Text | None = None
    pod_subnet: Text | None = None
    service_subnet: Text | None = None
    """Of a cluster with two IP families, both networks with a comma between them, as in `pod_subnet`."""
    dns_image_repository: Text | None = None
    dns_image_tag: Text | None = None
    installs_dns: bool = True
    """False if ``dns.disabled`` says so."""
    installs_proxy: bool = True
    """False if ``proxy.disabled`` says so."""
    feature_gates: dict[str, Text] = field(default_factory=dict)
    """Of kubeadm itself, with what is written as their value."""
    endpoint: Text | None = None
    """``controlPlaneEndpoint``: where nodes reach the API server, often with a port."""
    controller_arguments: tuple[KubeletArgument, ...] = ()
    """Flags of the controller manager."""


@dataclass(eq=False)
class KubeadmNode:
    """kubeadm's InitConfiguration or JoinConfiguration: what it tells the kubelet of a node."""

    kubelet_arguments: tuple[KubeletArgument, ...]
    advertise_address: Text | None = None
    """``localAPIEndpoint.advertiseAddress``: the address of the node that the API server listens on."""

    def argument(self, name: str) -> Text | None:
        """The value of a flag; of several ones the last, as for the kubelet."""
        return next((each.value for each in reversed(self.kubelet_arguments) if each.name == name), None)

    @property
    def resolv_conf(self) -> Text | None:
        """``resolv-conf``."""
        return self.argument("resolv-conf")

    @property
    def cluster_dns(self) -> Text | None:
        """``cluster-dns``: addresses, with commas between them."""
        return self.argument("cluster-dns")

    @property
    def cluster_domain(self) -> Text | None:
        """``cluster-domain``."""
        return self.argument("cluster-domain")

    @property
    def node_ip(self) -> Text | None:
        """``node-ip``: the addresses of the node, with a comma between those of two IP families."""
        return self.argument("node-ip")


class KubeadmReader(ObjectReader):
    """Reads the ClusterConfiguration of kubeadm."""

    kind = ObjectKind(
        models=("KubeadmCluster",), kinds=("ClusterConfiguration",), groups=("kubeadm.k8s.io/",), tells=True
    )
    examples = (
        Takes(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n",
            {
                "release": None,
                "dns_domain": None,
                "installs_dns": True,
                "installs_proxy": True,
                "feature_gates": {},
                "endpoint": None,
                "controller_arguments": (),
            },
        ),
        Takes(
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: 1.27.4\n"
            "networking: {dnsDomain: corp.local, podSubnet: '10.244.0.0/16,fd00::/48', serviceSubnet: 10.96.0.0/12}\n"
            "dns: {imageRepository: registry.example/coredns, imageTag: v1.11.3}\nfeatureGates: {PublicKeysECDSA: true}\n",
            {
                "release": "1.27.4",
                "dns_domain": "corp.local",
                "pod_subnet": "10.244.0.0/16,fd00::/48",
                "service_subnet": "10.96.0.0/12",
                "dns_image_repository": "registry.example/coredns",
                "dns_image_tag": "v1.11.3",
                "feature_gates": {"PublicKeysECDSA": "true"},
            },
        ),
        Takes(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\ndns: {disabled: true}\nproxy: {disabled: false}\n",
            {"installs_dns": False, "installs_proxy": True},
        ),
        Takes(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\ndns: {disabled: no}\nproxy: {disabled: true}\n"
            "controlPlaneEndpoint: api.example:6443\ncontrollerManager: {extraArgs: {node-cidr-mask-size: '26'}}\n",
            {
                "installs_dns": True,
                "installs_proxy": False,
                "endpoint": "api.example:6443",
                "controller_arguments": (("node-cidr-mask-size", "26"),),
            },
        ),
        Leaves("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"),
        Leaves("apiVersion: example.com/v1\nkind: ClusterConfiguration\nof: kubeadm.k8s.io/\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeadmCluster]:
        """The ClusterConfiguration that `node` is."""
        written = node.text("kubernetesVersion")
        found = _RELEASE.match(written) if written is not None else None
        yield KubeadmCluster(
            node.span,
            Text(found[1], written.span) if found and written is not None else None,
            node.text("networking", "dnsDomain"),
            node.text("networking", "podSubnet"),
            node.text("networking", "serviceSubnet"),
            node.text("dns", "imageRepository"),
            node.text("dns", "imageTag"),
            not _is_true(node, "dns", "disabled"),
            not _is_true(node, "proxy", "disabled"),
            {key.value: value.text for key, value in pairs(node.mapping("featureGates"))},
            node.text("controlPlaneEndpoint"),
            tuple(_arguments(node, "controllerManager", "extraArgs")),
        )


class KubeadmNodeReader(ObjectReader):
    """Reads the InitConfiguration and the JoinConfiguration of kubeadm."""

    kind = ObjectKind(
        models=("KubeadmNode",),
        kinds=("InitConfiguration", "JoinConfiguration"),
        groups=("kubeadm.k8s.io/",),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nnodeRegistration:\n"
            "  kubeletExtraArgs: {resolv-conf: /etc/r.conf, cluster-domain: corp.local, node-ip: 192.0.2.7}\n"
            "localAPIEndpoint: {advertiseAddress: 192.0.2.8}\n",
            {
                "resolv_conf": "/etc/r.conf",
                "cluster_domain": "corp.local",
                "cluster_dns": None,
                "node_ip": "192.0.2.7",
                "advertise_address": "192.0.2.8",
            },
        ),
        Takes(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\nnodeRegistration:\n  kubeletExtraArgs:\n"
            "  - {name: cluster-dns, value: '10.96.0.10,fd00::a'}\n  - word\n  - {name: resolv-conf, value: /etc/a}\n"
            "  - {name: resolv-conf, value: /etc/b}\n  - {name: v}\n  - {value: w}\n",
            {"cluster_dns": "10.96.0.10,fd00::a", "resolv_conf": "/etc/b"},
        ),
        Takes("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n", {"kubelet_arguments": ()}),
        Leaves("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeadmNode]:
        """The configuration that `node` is."""
        yield KubeadmNode(
            tuple(_arguments(node, "nodeRegistration", "kubeletExtraArgs")),
            node.text("localAPIEndpoint", "advertiseAddress"),
        )


def _arguments(node: Mapping, *path: str) -> Iterator[KubeletArgument]:
    """The arguments at `path`: a mapping before v1beta4, then a list."""
    for key, scalar in pairs(node.mapping(*path)):
        yield KubeletArgument(key.text, scalar.text)
    for item in mappings(node, *path):
        name, value = item.text("name"), item.text("value")
        if name is not None and value is not None:
            yield KubeletArgument(name, value)


def _is_true(node: Mapping, *path: str) -> bool:
    scalar = node.scalar(*path)
    return scalar is not None and scalar.boolean() is True
