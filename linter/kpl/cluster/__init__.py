"""Everything that is known about one cluster: the documents of a run, and the facts that no file tells.

`Cluster` is what rules ask; each module of this package knows the answers about one subject.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kpl.cluster.documents import Documents, Model
from kpl.cluster.versions import Versions
from kpl.facts import Fact, Facts
from kpl.inputs.document import Document, holder_of

if TYPE_CHECKING:
    from kpl.cluster.coredns import CorednsVerdicts
    from kpl.cluster.dumps import Dumps
    from kpl.cluster.environment import Environment
    from kpl.cluster.servicemap import ServiceMap
    from kpl.coredns.customized import Customized
    from kpl.coredns.judge import Judgement
    from kpl.coredns.lenient import Lenient
    from kpl.coredns.mends.advice import Advice
    from kpl.inputs.corefile.model import Corefile
    from kpl.inputs.objects.kubeproxy import KubeProxyConfig
    from kpl.inputs.objects.workloads import Container, EnvReference, Workload
    from kpl.policy.model import PolicyModel, PolicyPod
    from kpl.proxy.configuration.verdict import Dropped
    from kpl.proxy.dumps.nodes import NodesOfDumps
    from kpl.proxy.node.compare import Difference
    from kpl.proxy.node.state import NodeState
    from kpl.proxy.services.selection import NodeFacts
    from kpl.resolver.calls import Call
    from kpl.resolver.names import HostName, TakenName
    from kpl.shares.share import PodNetwork, Release
    from kpl.text.edit import Edit
    from kpl.text.version import Version
    from kpl.verdict import Verdict


@dataclass(eq=False, repr=False)
class Cluster:
    """The documents of one run, joined."""

    documents: Sequence[Document] = ()
    facts: Facts = field(default_factory=Facts)

    def __post_init__(self) -> None:
        self._documents = Documents(self.documents)
        self._versions = Versions(self._documents, self.facts)

    @cached_property
    def _coredns(self) -> CorednsVerdicts:
        from kpl.cluster.coredns import CorednsVerdicts

        return CorednsVerdicts(self._documents, self._versions, self.facts)

    @cached_property
    def _dumps(self) -> Dumps:
        from kpl.cluster.dumps import Dumps

        return Dumps(self._documents, self._versions, self.facts)

    @cached_property
    def _environment(self) -> Environment:
        from kpl.cluster.environment import Environment

        return Environment(self._documents)

    @cached_property
    def _nodes(self) -> NodesOfDumps:
        from kpl.proxy.dumps.nodes import NodesOfDumps

        return NodesOfDumps(self.documents, self.facts.node)

    # -- documents

    def of(self, kind: type[Model], clue: str = "") -> Iterator[tuple[Document, Model]]:
        """All models of one type, with their documents; with a `clue`, those in whose text this regular expression matches."""
        return self._documents.of(kind, clue)

    def has(self, kind: str) -> bool:
        """Whether a model of the type called `kind` is among the documents.

        ``Dump`` is any that is read back, ``CustomKey`` a key of a ConfigMap that a Corefile imports.
        """
        return self._documents.has(kind)

    @staticmethod
    def document_of(model: Any) -> Document:
        """The document that holds `model`, or that holds the Corefile of a server block."""
        return holder_of(getattr(model, "corefile", model))

    @property
    def corefiles(self) -> list[tuple[Document, Corefile]]:
        """All Corefiles with their documents."""
        return self._documents.corefiles

    @property
    def dumps(self) -> list[Document]:
        """The documents that hold what a node's kube-proxy programmed."""
        return self._documents.dumps

    @property
    def cluster_domain(self) -> str:
        """The cluster's domain: told, or that of all files that set one, or ``cluster.local``."""
        return self.domain_fact.value

    @cached_property
    def domain_fact(self) -> Fact:
        """The cluster's domain, with the place that it comes from."""
        from kpl.cluster.dns import cluster_domain

        return cluster_domain(self._documents, self.facts)

    @property
    def node_local_dns(self) -> bool:
        """Whether the pods ask a NodeLocal DNSCache: told, or its Corefile or the settings of an installer are in the tree."""
        return self.node_local_fact is not None and self.node_local_fact.value == "yes"

    @cached_property
    def node_local_fact(self) -> Fact | None:
        """Whether the pods ask a NodeLocal DNSCache, with the place that says so."""
        from kpl.cluster.dns import node_local_dns

        return node_local_dns(self._documents, self.facts)

    @cached_property
    def services(self) -> int | None:
        """How many Services the cluster has: told, or as many as lie in the tree or are programmed in a dump."""
        if self.facts.services is not None:
            return self.facts.services
        programmed = self._dumps.programmed_services if self.dumps else 0
        return max(self._documents.count("Service"), programmed) or None

    @cached_property
    def endpoints(self) -> int | None:
        """How many endpoints the Services have: told, or listed by the EndpointSlices in the tree."""
        from kpl.inputs.objects.endpointslices import EndpointSlice

        if self.facts.endpoints is not None:
            return self.facts.endpoints
        return sum(model.size for _, model in self.of(EndpointSlice)) or None

    # -- pods

    def taken_names(self, workload: Workload, containers: Sequence[Container]) -> Iterator[TakenName]:
        """The host names in the variables that containers of `workload` take from ConfigMaps and Secrets in the tree.

        What another object or the container itself sets as well is not among them, nor what is not certainly meant.
        """
        return self._environment.taken_names(workload, containers, self.cluster_domain, self.document_of(workload))

    # -- Services

    @cached_property
    def service_map(self) -> ServiceMap:
        """Which pods the Services of the cluster select, and which Service a name means."""
        from kpl.cluster.servicemap import ServiceMap

        return ServiceMap(self._documents)

    @cached_property
    def policy_model(self) -> PolicyModel:
        """All NetworkPolicies of the cluster, joined: whether a pod may send to another one."""
        from kpl.inputs.objects.networkpolicies import NetworkPolicy, OtherPolicy
        from kpl.policy.model import PolicyModel

        policies = [(document, each) for document, each in self.of(NetworkPolicy) if not document.is_example]
        return PolicyModel([each for _, each in policies], [each for _, each in self.of(OtherPolicy)])

    def policy_pod(self, workload: Workload) -> PolicyPod | None:
        """The pods of a workload as policies know them; None where an operator makes them, or where policies do not count."""
        from kpl.policy.pods import policy_pod

        return policy_pod(workload, self.service_map.labels_set_elsewhere)

    def service_calls(self, workload: Workload) -> Iterator[Call]:
        """The names of Services in the variables and arguments of the containers of `workload`, those in ConfigMaps included."""
        from kpl.resolver.calls import service_call
        from kpl.resolver.names import host_names
        from kpl.resolver.pods import hosts_file

        own, document = hosts_file(workload), self.document_of(workload)
        for container in workload.containers:
            found: list[tuple[HostName, Document, EnvReference | None]] = [
                (host, document, None) for host in host_names(workload, container, self.cluster_domain)
            ]
            found += [(each.host, each.document, each.reference) for each in self.taken_names(workload, [container])]
            for host, where, reference in found:
                call = service_call(container, host, workload, where, where.model.text, own, reference)
                if call is not None:
                    yield call

    # -- releases

    @property
    def releases(self) -> list[tuple[str, Release]]:
        """The releases that files show, each with its file."""
        return self._documents.releases

    @property
    def coredns_version(self) -> Version:
        """The CoreDNS release in force: given, or of the only image tag in the manifests, or the newest known one."""
        return self._versions.coredns

    @property
    def coredns_versions_shown(self) -> frozenset[Version]:
        """The CoreDNS releases that may be in force: the given one, or all that files show; none if nobody tells."""
        return self._versions.coredns_shown

    def coredns_version_for(self, model: Any) -> Version:
        """The CoreDNS release that reads the Corefile `model`, or that of a server block: an image may stand in the same file."""
        return self._versions.coredns_of(self.document_of(model))

    def judged_coredns_version(self, document: Document) -> Version:
        """The release whose verdict on the Corefile in `document` is given: the one in force, or the nearest known one."""
        return self._versions.judged_coredns(document)

    @property
    def kubernetes_version(self) -> Version:
        """The Kubernetes release in force: given, or of the only kube-proxy image tag, or the newest known one."""
        return self._versions.kubernetes

    @property
    def kubernetes_version_known(self) -> bool:
        """Whether anything tells the Kubernetes release."""
        return self._versions.kubernetes_known

    def kubernetes_version_for(self, model: Any) -> Version:
        """The Kubernetes release of the cluster that `model` is for: its installer's settings may stand in the same file."""
        return self._versions.kubernetes_of(self.document_of(model))

    def judged_kubernetes_version(self, document: Document) -> Version:
        """The release whose verdict on a KubeProxyConfiguration is given: the one in force, or the nearest known one."""
        return self._versions.judged_kubernetes(document)

    # -- CoreDNS

    def judgement(self, document: Document) -> Judgement:
        """CoreDNS's verdict on the Corefile in `document`, and what it makes of it."""
        return self._coredns.judgement(document)

    def lenient(self, document: Document) -> Lenient:
        """The verdict on the Corefile in `document` as a linter gives it: past what other rules tell better."""
        return self._coredns.lenient(document)

    def advice(self, document: Document) -> Advice:
        """What to write where the verdict of `lenient` is a refusal."""
        return self._coredns.advice(document)

    @property
    def customized(self) -> Customized | None:
        """The Corefile that imports the keys of `coredns-custom`, where both are in the tree."""
        return self._coredns.customized

    # -- kube-proxy

    def proxy_verdict(self, document: Document) -> Verdict:
        """kube-proxy's verdict on the KubeProxyConfiguration in `document`; its span lies in the document's own text."""
        from kpl.cluster.kubeproxy import verdict_on

        return verdict_on(document, self._versions.kubernetes_of(document))

    @cached_property
    def proxy_replaced(self) -> Fact | None:
        """The program that does the work of kube-proxy, where a file says so and none denies it: Cilium, say."""
        from kpl.cluster.network import proxy_replaced

        return proxy_replaced(self._documents)

    @cached_property
    def pod_networks(self) -> list[tuple[str, PodNetwork]]:
        """The networks of pods that the settings of network plugins show, each with its file."""
        from kpl.cluster.network import pod_networks

        return pod_networks(self._documents)

    def dropped_fields(self, document: Document) -> Iterator[Dropped]:
        """The fields of the KubeProxyConfiguration in `document` that kube-proxy starts without."""
        from kpl.cluster.kubeproxy import dropped_fields

        return dropped_fields(document, self._versions.kubernetes_of(document))

    def proxy_takes(self, config: KubeProxyConfig, edits: Iterable[Edit]) -> bool:
        """Whether kube-proxy starts with `config` after `edits`, all of them behind its first line."""
        from kpl.cluster.kubeproxy import takes

        return takes(config, edits, self.kubernetes_version_for(config))

    def program_text_of(self, document: Document) -> tuple[str, int]:
        """What kube-proxy reads of `document`, and where that starts."""
        from kpl.cluster.kubeproxy import program_text_of

        return program_text_of(document)

    # -- dumps and nodes

    def node_states(self, document: Document) -> list[NodeState]:
        """What the kube-proxy did that programmed the dump in `document`; nothing for what is no dump."""
        from kpl.proxy.dumps.readback import read_back

        return read_back(document)

    @property
    def node(self) -> NodeFacts:
        """What is known of the node that the dump is from: told by name, or the only node of the run."""
        return self._dumps.node

    def of_node(self, dump: Document) -> list[Document]:
        """The documents of the node that `dump` is from, itself among them."""
        return self._nodes.of(dump)

    def disagreements(self, document: Document) -> list[Difference]:
        """What the dump in `document` does not do as the Services of the run ask for.

        Which node a dump is from can be told for one dump only: of several in one IP family, nobody knows.
        """
        return self._dumps.disagreements(document)
