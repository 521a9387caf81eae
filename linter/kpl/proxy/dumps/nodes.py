"""Which node a dump is from: no dump says it, only what lies beside it does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from kpl.inputs.document import Document
from kpl.proxy.node.state import NodeState


def of_same_node(documents: Iterable[Document], dump: Document) -> list[Document]:
    """The documents of a cluster that are of the node of `dump`: those in its folder, unless another dump of its kind is."""
    folder = os.path.dirname(dump.path)
    beside = [each for each in documents if os.path.dirname(each.path) == folder]
    return beside if [each for each in beside if each.kind == dump.kind] == [dump] else [dump]


def is_the_only_dump(states: Iterable[NodeState], families: Counter[int]) -> bool:
    """Whether no other dump is of the IP families of `states`, so that the node that is told is theirs.

    `families` counts the dumps of the cluster.
    """
    return all(families[state.ip_family] == 1 for state in states)
