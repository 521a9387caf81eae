"""What the files of a cluster say of its network."""

from __future__ import annotations

from kpl.cluster.documents import Documents
from kpl.facts import Fact, Origin
from kpl.shares.share import NETWORK_MODELS, PodNetwork, share_of


def proxy_replaced(documents: Documents) -> Fact | None:
    """The program that does the work of kube-proxy, as one of the files says and none denies."""
    replaced = None
    for document in documents.all:
        if document.kind in NETWORK_MODELS or document.kind == "Workload":
            for answer in share_of(document).proxy_answers:
                if not answer.replaces:
                    return None
                replaced = replaced or Fact("service proxy", answer.program, Origin(document.path, answer.line))
    return replaced


def pod_networks(documents: Documents) -> list[tuple[str, PodNetwork]]:
    """The networks of pods that files show, each with its file."""
    telling = (each for each in documents.all if each.kind in NETWORK_MODELS)
    return [(document.path, network) for document in telling for network in share_of(document).pod_networks]
