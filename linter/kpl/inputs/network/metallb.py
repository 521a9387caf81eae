"""MetalLB: its pools of addresses and how they are announced, as resources and in the ConfigMap of releases before 0.13.

Sources: https://metallb.io/apis/ and https://metallb.io/configuration/migration_to_crds/.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.document import Document
from kpl.inputs.network.settings import IN_CONFIG_MAPS, NetworkSettings, Shape, in_keys, settings_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping


class MetallbSettings(NetworkSettings):
    """A resource of MetalLB, or its ConfigMap, whose parts are the pools."""

    program = "MetalLB"


_SHAPES = {
    "IPAddressPool": Shape(
        {
            "addresses": "spec.addresses",
            "autoAssign": "spec.autoAssign",
            "avoidBuggyIPs": "spec.avoidBuggyIPs",
            "namespaces": "spec.serviceAllocation.namespaces",
        }
    ),
    "L2Advertisement": Shape(
        {
            "ipAddressPools": "spec.ipAddressPools",
            "interfaces": "spec.interfaces",
        },
        {"spec.ipAddressPoolSelectors.*": Shape({}), "spec.nodeSelectors.*": Shape({})},
    ),
    "BGPAdvertisement": Shape(
        {
            "ipAddressPools": "spec.ipAddressPools",
            "aggregationLength": "spec.aggregationLength",
            "aggregationLengthV6": "spec.aggregationLengthV6",
            "localPref": "spec.localPref",
            "communities": "spec.communities",
            "peers": "spec.peers",
        },
        {"spec.ipAddressPoolSelectors.*": Shape({}), "spec.nodeSelectors.*": Shape({})},
    ),
}
_CONFIG = Shape(
    {},
    {
        "address-pools.*": Shape(
            {
                "name": "name",
                "protocol": "protocol",
                "addresses": "addresses",
                "autoAssign": "auto-assign",
                "avoidBuggyIPs": "avoid-buggy-ips",
            }
        )
    },
)


def _config(text: str, node: Mapping) -> MetallbSettings | None:
    found = settings_of(MetallbSettings, text, node, _CONFIG, "ConfigMap")
    return found if found.parts else None


class MetallbReader(ObjectReader):
    """Reads the IPAddressPools, L2Advertisements and BGPAdvertisements of MetalLB."""

    kind = ObjectKind(
        models=("MetallbSettings",),
        kinds=("IPAddressPool", "L2Advertisement", "BGPAdvertisement"),
        groups=("metallb.io/",),
        late=("IPAddressPool", "L2Advertisement", "BGPAdvertisement"),
        clues=(
            Clue(
                ("metallb.io/",),
                (r"""\bkind["']?[ \t]*:[ \t]*["']?(?:IPAddressPool|L2Advertisement|BGPAdvertisement)\b""",),
            ),
        ),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan}\n"
            "spec: {addresses: [192.0.2.10-192.0.2.20, 198.51.100.0/28]}\n",
            {"name": "lan", "words": {"addresses": ("192.0.2.10-192.0.2.20", "198.51.100.0/28")}},
        ),
        Takes(
            "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata: {name: lan}\nspec: {ipAddressPools: [lan]}\n",
            {"kind": "L2Advertisement", "words": {"ipAddressPools": ("lan",)}},
        ),
        Leaves("apiVersion: metallb.io/v1beta2\nkind: BGPPeer\nspec: {addresses: [192.0.2.10]}\n"),
        Leaves(
            "apiVersion: example.com/v1\nkind: IPAddressPool\nspec: {addresses: [192.0.2.10/32], by: metallb.io/}\n"
        ),
    )

    def models(self, text: str, node: Mapping) -> Iterator[MetallbSettings]:
        """The resource that `node` is."""
        kind, name = node.text("kind") or "", node.text("metadata", "name") or ""
        yield settings_of(MetallbSettings, text, node, _SHAPES[kind], kind, name)


class MetallbConfigMapReader(ObjectReader):
    """Reads the ConfigMap that MetalLB had before 0.13."""

    kind = ObjectKind(
        models=("MetallbSettings",),
        kinds=("ConfigMap",),
        clues=(Clue(("address-pools:",), IN_CONFIG_MAPS),),
        tells=True,
    )
    examples = (
        Takes(
            "kind: ConfigMap\nmetadata: {name: config, namespace: metallb-system}\ndata:\n  config: |\n"
            "    address-pools:\n    - name: lan\n      protocol: layer2\n      addresses: [192.0.2.10-192.0.2.20]\n",
            {"kind": "ConfigMap"},
        ),
        Leaves("kind: ConfigMap\ndata:\n  config: |\n    address-pools: []\n"),
        Leaves("kind: ConfigMap\ndata:\n  settings: |\n    address-pools: [{name: lan}]\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The settings in the ConfigMap `node`."""
        return in_keys(node, place, {"config": _config})
