"""Cilium: its ConfigMap, and the values of its chart, which name the same settings otherwise.

Sources: https://docs.cilium.io/en/stable/helm-reference/, https://docs.cilium.io/en/stable/cmdref/cilium-agent/ and
https://github.com/cilium/cilium/blob/main/install/kubernetes/cilium/templates/cilium-configmap.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.network.settings import IN_CONFIG_MAPS, NetworkSettings, Shape, settings_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping


class CiliumSettings(NetworkSettings):
    """Settings of Cilium, by the names that the values of its chart have."""

    program = "Cilium"
    # "probe" and "partial" of older releases do some of the work
    replacing = {"kubeProxyReplacement": {"true": True, "strict": True, "false": False, "disabled": False}}
    pods = ("ipam.operator.clusterPoolIPv4PodCIDRList", "ipam.operator.clusterPoolIPv6PodCIDRList")


_OF_OPTIONS = {
    "kubeProxyReplacement": "kube-proxy-replacement",
    "k8sServiceHost": "k8s-service-host",
    "k8sServicePort": "k8s-service-port",
    "socketLB.enabled": "bpf-lb-sock",
    "socketLB.hostNamespaceOnly": "bpf-lb-sock-hostns-only",
    "bpf.masquerade": "enable-bpf-masquerade",
    "enableIPv4Masquerade": "enable-ipv4-masquerade",
    "ipMasqAgent.enabled": "enable-ip-masq-agent",
    "ipv4NativeRoutingCIDR": "ipv4-native-routing-cidr",
    "localRedirectPolicy": "enable-local-redirect-policy",
    "tunnel": "tunnel",
    "tunnelProtocol": "tunnel-protocol",
    "routingMode": "routing-mode",
    "autoDirectNodeRoutes": "auto-direct-node-routes",
    "endpointRoutes.enabled": "enable-endpoint-routes",
    "loadBalancer.mode": "bpf-lb-mode",
    "loadBalancer.algorithm": "bpf-lb-algorithm",
    "loadBalancer.acceleration": "bpf-lb-acceleration",
    "l2announcements.enabled": "enable-l2-announcements",
    "bgpControlPlane.enabled": "enable-bgp-control-plane",
    "cni.chainingMode": "cni-chaining-mode",
    "cni.exclusive": "cni-exclusive",
    "ipam.mode": "ipam",
    "ipam.operator.clusterPoolIPv4PodCIDRList": "cluster-pool-ipv4-cidr",
    "ipam.operator.clusterPoolIPv6PodCIDRList": "cluster-pool-ipv6-cidr",
    "ipam.operator.clusterPoolIPv4MaskSize": "cluster-pool-ipv4-mask-size",
    "ipv4.enabled": "enable-ipv4",
    "ipv6.enabled": "enable-ipv6",
    "MTU": "mtu",
    "dnsProxy.enableTransparentMode": "dnsproxy-enable-transparent-mode",
    "installNoConntrackIptablesRules": "install-no-conntrack-iptables-rules",
}
"""Name in the values of the chart -> key in the ConfigMap, which is the agent's option."""

_OTHER_VALUES = {
    # other releases call them so
    "socketLB.enabled": "hostServices.enabled",
    "localRedirectPolicy": "localRedirectPolicies.enabled",
    "ipam.operator.clusterPoolIPv4PodCIDRList": "ipam.operator.clusterPoolIPv4PodCIDR",
    "ipam.operator.clusterPoolIPv6PodCIDRList": "ipam.operator.clusterPoolIPv6PodCIDR",
}
_VALUES = Shape({name: f"{name} {_OTHER_VALUES.get(name, '')}" for name in _OF_OPTIONS})
_CONFIG_MAP = Shape({name: f"data.{key}" for name, key in _OF_OPTIONS.items()})


def cilium_of_values(text: str, values: Mapping) -> CiliumSettings | None:
    """The settings in `values` of the chart ``cilium``, whose spans count in `text`; None where none of them is written."""
    found = settings_of(CiliumSettings, text, values, _VALUES, "values")
    return found if found.words else None


class CiliumReader(ObjectReader):
    """Reads the ConfigMap of Cilium's agent."""

    kind = ObjectKind(
        models=("CiliumSettings",),
        kinds=("ConfigMap",),
        clues=(Clue(("cilium-config",), IN_CONFIG_MAPS),),
        tells=True,
    )
    examples = (
        Takes(
            "kind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata:\n"
            '  kube-proxy-replacement: "true"\n  cluster-pool-ipv4-cidr: 10.0.0.0/8\n',
            {
                "kind": "ConfigMap",
                "words": {
                    "kubeProxyReplacement": ("true",),
                    "ipam.operator.clusterPoolIPv4PodCIDRList": ("10.0.0.0/8",),
                },
            },
        ),
        Leaves(
            'kind: ConfigMap\nmetadata: {name: other}\ndata: {from: cilium-config, kube-proxy-replacement: "true"}\n'
        ),
        Leaves("kind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {debug: 'false'}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[CiliumSettings]:
        """The settings in the ConfigMap `node`."""
        name = node.text("metadata", "name") or ""
        if name == "cilium-config":
            found = settings_of(CiliumSettings, text, node, _CONFIG_MAP, "ConfigMap", name)
            if found.words:
                yield found
