"""Calico: its pools of addresses, its installation by the operator, and the configurations of Felix and of BGP.

Sources: https://docs.tigera.io/calico/latest/reference/resources/ (IPPool, FelixConfiguration, BGPConfiguration) and
https://docs.tigera.io/calico/latest/reference/installation/api.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.network.settings import NetworkSettings, Shape, settings_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text


class CalicoSettings(NetworkSettings):
    """A resource of Calico; the parts of an Installation are its pools."""

    program = "Calico"
    replacing = {
        "linuxDataplane": {"BPF": True, "Iptables": False, "Nftables": False},
        "bpfEnabled": {"true": True, "false": False},
        # https://docs.tigera.io/calico/latest/operations/ebpf/enabling-ebpf: where kube-proxy has to go on running
        "bpfKubeProxyIptablesCleanupEnabled": {"false": False},
    }

    def replacement(self) -> tuple[Text, bool] | None:
        """As of any program; resources of other names are for some nodes, or for none."""
        return super().replacement() if self.name == "default" else None

    def pod_networks(self) -> Iterator[Text]:
        """As of any program, without the pools that are for load balancers and tunnels only."""
        for each in (self, *self.parts):
            uses = each.words.get("allowedUses")
            if uses is None or "Workload" in uses:
                yield from each.words.get("cidr", ())


def _in_spec(*names: str) -> dict[str, str]:
    return {name: f"spec.{name}" for name in names}


_POOL = ("cidr", "blockSize", "natOutgoing", "nodeSelector", "allowedUses", "assignmentMode")
_SHAPES = {
    "IPPool": Shape(_in_spec(*_POOL, "ipipMode", "vxlanMode", "disabled")),
    "Installation": Shape(
        {
            "kubernetesProvider": "spec.kubernetesProvider",
            "cni": "spec.cni.type",
            "ipam": "spec.cni.ipam.type",
            "serviceCIDRs": "spec.serviceCIDRs",
            "linuxDataplane": "spec.calicoNetwork.linuxDataplane",
            "kubeProxyManagement": "spec.calicoNetwork.kubeProxyManagement",
            "bpfNetworkBootstrap": "spec.calicoNetwork.bpfNetworkBootstrap",
            "bgp": "spec.calicoNetwork.bgp",
            "mtu": "spec.calicoNetwork.mtu",
            "hostPorts": "spec.calicoNetwork.hostPorts",
            "containerIPForwarding": "spec.calicoNetwork.containerIPForwarding",
        },
        {"spec.calicoNetwork.ipPools.*": Shape({name: name for name in (*_POOL, "encapsulation", "name")})},
    ),
    "FelixConfiguration": Shape(
        _in_spec(
            "bpfEnabled",
            "bpfKubeProxyIptablesCleanupEnabled",
            "bpfKubeProxyHealthzPort",
            "bpfConnectTimeLoadBalancing",
            "bpfExternalServiceMode",
            "serviceLoopPrevention",
            "chainInsertMode",
            "iptablesBackend",
            "nftablesMode",
            "natOutgoingAddress",
            "natPortRange",
            "kubeNodePortRanges",
            "defaultEndpointToHostAction",
            "mtuIfacePattern",
            "ipipMTU",
            "vxlanMTU",
            "wireguardEnabled",
            "wireguardMTU",
        )
    ),
    "BGPConfiguration": Shape(
        {
            **_in_spec("nodeToNodeMeshEnabled", "asNumber"),
            "serviceClusterIPs": "spec.serviceClusterIPs.*.cidr",
            "serviceExternalIPs": "spec.serviceExternalIPs.*.cidr",
            "serviceLoadBalancerIPs": "spec.serviceLoadBalancerIPs.*.cidr",
        }
    ),
}

_GROUPS = ("crd.projectcalico.org/", "projectcalico.org/", "operator.tigera.io/")


class CalicoReader(ObjectReader):
    """Reads the IPPools, Installations, FelixConfigurations and BGPConfigurations of Calico."""

    kind = ObjectKind(
        models=("CalicoSettings",),
        kinds=("IPPool", "Installation", "FelixConfiguration", "BGPConfiguration"),
        groups=_GROUPS,
        late=("IPPool", "Installation", "FelixConfiguration", "BGPConfiguration"),
        clues=(
            Clue(
                ("projectcalico.org/", "operator.tigera.io/"),
                (r"""\bkind["']?[ \t]*:[ \t]*["']?(?:IPPool|Installation|FelixConfiguration|BGPConfiguration)\b""",),
            ),
        ),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: crd.projectcalico.org/v1\nkind: IPPool\nmetadata: {name: pods}\n"
            "spec: {cidr: 10.244.0.0/16, natOutgoing: true}\n",
            {"kind": "IPPool", "name": "pods", "words": {"cidr": ("10.244.0.0/16",), "natOutgoing": ("true",)}},
        ),
        Takes(
            "apiVersion: projectcalico.org/v3\nkind: BGPConfiguration\nmetadata: {name: default}\n"
            "spec: {serviceLoadBalancerIPs: [{cidr: 192.0.2.0/28}, {cidr: 198.51.100.0/28}]}\n",
            {"words": {"serviceLoadBalancerIPs": ("192.0.2.0/28", "198.51.100.0/28")}},
        ),
        Takes(
            "apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata: {name: default}\n"
            "spec: {calicoNetwork: {linuxDataplane: BPF, ipPools: [{cidr: 10.244.0.0/16, encapsulation: VXLAN}]}}\n",
            {"kind": "Installation", "words": {"linuxDataplane": ("BPF",)}},
        ),
        Leaves("apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nspec: {cidr: 10.244.0.0/16}\n"),
        Leaves("apiVersion: whereabouts.cni.cncf.io/v1alpha1\nkind: IPPool\nspec: {cidr: 10.244.0.0/16}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[CalicoSettings]:
        """The resource that `node` is."""
        kind, name = node.text("kind") or "", node.text("metadata", "name") or ""
        yield settings_of(CalicoSettings, text, node, _SHAPES[kind], kind, name)
