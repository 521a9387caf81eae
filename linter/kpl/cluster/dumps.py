"""The dumps of a cluster: the nodes that they are from, and how they agree with its Services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from kpl.cluster.documents import Documents
from kpl.cluster.versions import Versions
from kpl.facts import Facts
from kpl.inputs.document import Document
from kpl.proxy.dumps.readback import read_back

if TYPE_CHECKING:
    from kpl.inputs.objects.nodes import NodeObject
    from kpl.proxy.node.compare import Difference
    from kpl.proxy.services.agreement import ClusterObjects
    from kpl.proxy.services.selection import NodeFacts


class Dumps:
    """The dumps of one cluster."""

    def __init__(self, documents: Documents, versions: Versions, facts: Facts) -> None:
        self._documents = documents
        self._versions = versions
        self._facts = facts
        self._disagreements: dict[int, list[Difference]] = {}

    @cached_property
    def _nodes(self) -> dict[str, NodeObject]:
        from kpl.inputs.objects.nodes import NodeObject

        return {str(node.name): node for _, node in self._documents.of(NodeObject)}

    @cached_property
    def node(self) -> NodeFacts:
        """What is known of the node that the dump is from: told by name, or the only node of the run."""
        return self._facts_of(self._facts.node or (next(iter(self._nodes)) if len(self._nodes) == 1 else None))

    def _facts_of(self, name: str | None) -> NodeFacts:
        from kpl.proxy.services.selection import NodeFacts

        return NodeFacts(name, self._nodes[name].zone if name in self._nodes else None)

    def _node_of(self, dump: Document, *, alone: bool) -> NodeFacts:
        """The node of a dump: the user's word counts for one dump `alone`, and then the name of the file or folder."""
        from kpl.proxy.dumps.nodes import name_of_node

        if alone and self._facts.node:
            return self.node
        named = name_of_node(dump)
        if named in self._nodes:
            return self._facts_of(named)
        return self.node if alone else self._facts_of(None)

    def disagreements(self, document: Document) -> list[Difference]:
        """As `Cluster.disagreements`."""
        if id(document) not in self._disagreements:
            self._disagreements[id(document)] = self._find_disagreements(document)
        return self._disagreements[id(document)]

    def _find_disagreements(self, document: Document) -> list[Difference]:
        from kpl.proxy.dumps.nodes import is_the_only_dump
        from kpl.proxy.dumps.readback import release_bounds
        from kpl.proxy.services.agreement import disagreements, possible_releases

        states = read_back(document)
        objects = self._service_objects
        if not states or not any(service.cluster_ip for service in objects.services.values()):
            return []
        alone = is_the_only_dump(states, self._dumps_of_family)
        known = self._versions.kubernetes if self._versions.kubernetes_known else None
        return disagreements(
            objects,
            states,
            self._node_of(document, alone=alone),
            possible_releases(known, *release_bounds(document)),
            "ipvs" if document.kind == "IpvsDump" else None,
            self._gates_of_choice,
        )

    @cached_property
    def _gates_of_choice(self) -> list[dict[str, bool]]:
        """The defaults, and what the kube-proxy configurations of the run set: which of them is the dump's is not known."""
        from kpl.inputs.objects.kubeproxy import KubeProxyConfig
        from kpl.proxy.services.selection import gates_of_choice

        configs = self._documents.of(KubeProxyConfig)
        return [{}, *(gates for _, config in configs if (gates := gates_of_choice(config.feature_gates)))]

    # each dump of the cluster asks
    @cached_property
    def _dumps_of_family(self) -> Counter[int]:
        return Counter(state.ip_family for each in self._documents.dumps for state in read_back(each))

    @cached_property
    def _service_objects(self) -> ClusterObjects:
        from kpl.inputs.objects.endpointslices import EndpointSlice
        from kpl.inputs.objects.services import Service
        from kpl.proxy.services.agreement import ClusterObjects

        of_file: dict[int, list[Service]] = {}
        for document, service in self._documents.of(Service):
            of_file.setdefault(id(document.source), []).append(service)
        return ClusterObjects.of(of_file.values(), (model for _, model in self._documents.of(EndpointSlice)))

    @property
    def programmed_services(self) -> int:
        """How many Services each dump holds at least: the nodes of one cluster agree, those of several tell nothing."""
        return min((count for each in self._documents.dumps for count in _services_in(each) if count), default=0)


def _services_in(dump: Document) -> Iterator[int]:
    """How many Services the tables of a dump have; of iptables counted without reading all of it back."""
    if dump.kind == "Ruleset":
        from kpl.proxy.iptables.programmed import programmed_services

        yield from (len(programmed_services(nat)) for nat in dump.model.named("nat"))
    else:
        for state in read_back(dump):
            yield len({port.name.partition(":")[0] if port.name else port.cluster_ip for port in state.ports} - {None})
