"""Antrea: the configuration of its agent.

Sources: https://github.com/antrea-io/antrea/blob/main/docs/antrea-proxy.md and
https://github.com/antrea-io/antrea/blob/main/build/charts/antrea/conf/antrea-agent.conf.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.document import Document
from kpl.inputs.network.settings import IN_CONFIG_MAPS, NetworkSettings, Shape, in_keys, settings_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping


class AntreaSettings(NetworkSettings):
    """The configuration of Antrea's agent."""

    program = "Antrea"
    replacing = {"proxyAll": {"true": True, "false": False}}


_AGENT = Shape(
    {
        "proxyAll": "antreaProxy.proxyAll",
        "nodePortAddresses": "antreaProxy.nodePortAddresses",
        "skipServices": "antreaProxy.skipServices",
        "proxyLoadBalancerIPs": "antreaProxy.proxyLoadBalancerIPs",
        "AntreaProxy": "featureGates.AntreaProxy antreaProxy.enable",
        "kubeAPIServerOverride": "kubeAPIServerOverride",
        "trafficEncapMode": "trafficEncapMode",
        "tunnelType": "tunnelType",
        "noSNAT": "noSNAT",
        "defaultMTU": "defaultMTU",
        "serviceCIDR": "serviceCIDR",
        "serviceCIDRv6": "serviceCIDRv6",
    }
)


def _agent(text: str, node: Mapping) -> AntreaSettings:
    return settings_of(AntreaSettings, text, node, _AGENT, "antrea-agent.conf")


class AntreaReader(ObjectReader):
    """Reads the configuration of Antrea's agent in its ConfigMap."""

    kind = ObjectKind(
        models=("AntreaSettings",),
        kinds=("ConfigMap",),
        clues=(Clue(("antrea-agent.conf",), IN_CONFIG_MAPS),),
        tells=True,
    )
    examples = (
        Takes(
            "kind: ConfigMap\nmetadata: {name: antrea-config}\ndata:\n  antrea-agent.conf: |\n"
            "    antreaProxy:\n      proxyAll: true\n    defaultMTU: 1450\n",
            {"words": {"proxyAll": ("true",), "defaultMTU": ("1450",)}},
        ),
        Leaves("kind: ConfigMap\ndata: {antrea-agent.conf: none}\n"),
        Leaves("kind: ConfigMap\ndata: {antrea-controller.conf: 'antreaProxy: {}', of: antrea-agent.conf}\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The settings in the ConfigMap `node`."""
        return in_keys(node, place, {"antrea-agent.conf": _agent})
