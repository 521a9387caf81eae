"""Options of the JVM that decide how long it keeps an address, wherever an object holds them.

Source: OpenJDK, src/java.base/share/classes/sun/net/InetAddressCachePolicy.java.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence

_OPTIONS = ("-Dnetworkaddress.cache.", "-Dsun.net.inetaddr.")


@dataclass(eq=False)
class JvmOptions:
    """The strings of an object with such an option; `text` is the document that they point into."""

    text: str
    words: list[Scalar]
    """The strings with an option."""
    beside: str
    """All strings of the object."""


class JvmOptionsReader(ObjectReader):
    """Reads objects and values of charts with `-Dnetworkaddress.cache.ttl` in a command, a variable, or a file."""

    kind = ObjectKind(
        models=("JvmOptions",),
        beside=("ConfigMap", "Secret", "HelmRelease", "Application", "ApplicationSet", "HelmChart"),
        clues=(Clue(("-Dnetworkaddress.cache.", "-Dsun.net.inetaddr.")),),
    )
    examples = (
        Takes(
            "kind: Pod\nspec: {containers: [{args: [java, -Dnetworkaddress.cache.ttl=1]}]}\n",
            {"beside": "Pod java -Dnetworkaddress.cache.ttl=1"},
            kinds=("JvmOptions", "Workload"),
        ),
        Takes("javaOpts: -Xmx1g -Dnetworkaddress.cache.ttl=1\n", {}, "values.yaml"),
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values: {opts: -Dnetworkaddress.cache.ttl=1}\n",
        ),
        Leaves("# -Dnetworkaddress.cache.ttl=1\nkind: Pod\nspec: {}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[JvmOptions]:
        """The options in the object `node`."""
        strings = list(_strings(node))
        words = [each for each in strings if any(option in each.value for option in _OPTIONS)]
        if words:
            yield JvmOptions(text, words, " ".join(each.value for each in strings))


def _strings(node: Mapping) -> Iterator[Scalar]:
    waiting: list[Node] = [node]
    while waiting:
        below = waiting.pop()
        if isinstance(below, Scalar):
            yield below
        elif not below.shared:
            items = below.items if isinstance(below, Sequence) else [value for _, value in getattr(below, "pairs", ())]
            waiting += reversed(items)
