"""ServiceCIDRs: networks of Services that were added to a running cluster.

Source: https://kubernetes.io/docs/tasks/network/extend-service-ip-ranges/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.objects.fields import name_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text


@dataclass(eq=False)
class ServiceCidr:
    """A ServiceCIDR; `networks` are those that Services get addresses from."""

    name: Text
    networks: tuple[Text, ...]


class ServiceCidrReader(ObjectReader):
    """Reads ServiceCIDRs."""

    kind = ObjectKind(
        models=("ServiceCidr",),
        kinds=("ServiceCIDR",),
        groups=("networking.k8s.io/",),
        clues=(Clue(("ServiceCIDR",), (r"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?ServiceCIDR(?:List)?\b""",)),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: more}\n"
            "spec: {cidrs: [10.112.0.0/16, 'fd00:9::/112', {}]}\n",
            {"name": "more", "networks": ("10.112.0.0/16", "fd00:9::/112")},
        ),
        Takes("apiVersion: networking.k8s.io/v1beta1\nkind: ServiceCIDR\n", {"networks": ()}),
        Leaves("apiVersion: networking.k8s.io/v1\nkind: IPAddress\nmetadata: {name: 10.112.0.9}\n"),
        Leaves("apiVersion: example.com/v1\nkind: ServiceCIDR\nof: networking.k8s.io/\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[ServiceCidr]:
        """The ServiceCIDR that `node` is."""
        networks = tuple(each.text for each in node.items("spec", "cidrs") if isinstance(each, Scalar))
        yield ServiceCidr(name_of(node), networks)
