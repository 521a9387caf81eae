"""Everything that is known about one cluster: the documents of a run, and the facts that no file tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from kpl.facts import Facts
from kpl.inputs.document import Document, holder_of
from kpl.inputs.registry import dump_models, is_dump
from kpl.proxy.releases import NEWEST_KUBERNETES, as_known, nearest_kube_proxy
from kpl.shares.share import COREDNS_RELEASE, KUBERNETES_RELEASE, Release, share_of
from kpl.text.version import Version

if TYPE_CHECKING:
    from kpl.coredns.customized import Customized
    from kpl.coredns.judge import Circumstances, Judgement
    from kpl.coredns.lenient import Lenient
    from kpl.coredns.mends.advice import Advice
    from kpl.inputs.corefile.model import Corefile
    from kpl.inputs.objects.kubeproxy import KubeProxyConfig
    from kpl.proxy.configuration.verdict import Dropped
    from kpl.proxy.node.compare import Difference
    from kpl.proxy.node.state import NodeState
    from kpl.proxy.services.agreement import ClusterObjects
    from kpl.proxy.services.selection import NodeFacts
    from kpl.text.edit import Edit
    from kpl.verdict import Verdict


_KUBEADM_VERSION = re.compile(
    r"""^[ \t]*kubernetesVersion[ \t]*:[ \t]*["']?v?([0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?)\b""", re.MULTILINE
)

Model = TypeVar("Model")

_LENIENT: WeakKeyDictionary[Document, tuple[Circumstances, Mapping[str, str] | None, Lenient]] = WeakKeyDictionary()
"""The last verdict on a document, with the circumstances that it was given in and the texts that were beside it."""


@dataclass(eq=False)
class Cluster:
    """The documents of one run, joined."""

    documents: Sequence[Document] = ()
    facts: Facts = field(default_factory=Facts)

    def of(self, kind: type[Model], clue: str = "") -> Iterator[tuple[Document, Model]]:
        """All models of one type, with their documents; with a `clue`, those in whose text this regular expression matches."""
        pattern = re.compile(clue) if clue else None
        for document in self.documents:
            if document.kind == kind.__name__ and (pattern is None or document.may_hold(pattern)):
                model = document.model
                if isinstance(model, kind):
                    yield document, model

    def has(self, kind: str) -> bool:
        """Whether a model of the type called `kind` is among the documents; ``Dump`` is any that is read back."""
        return kind in self._kinds

    @cached_property
    def _kinds(self) -> frozenset[str]:
        kinds = frozenset(self._count)
        return kinds | {"Dump"} if kinds & dump_models() else kinds

    @cached_property
    def _count(self) -> Counter[str]:
        return Counter(document.kind for document in self.documents)

    @staticmethod
    def document_of(model: Any) -> Document:
        """The document that holds `model`, or that holds the Corefile of a server block."""
        return holder_of(getattr(model, "corefile", model))

    @property
    def cluster_domain(self) -> str:
        """The cluster's domain, ``cluster.local`` unless something says otherwise."""
        return self.facts.cluster_domain.strip(".").lower()

    @cached_property
    def coredns_version(self) -> Version:
        """The CoreDNS release in force: given, or of the only image tag in the manifests, or the newest known one."""
        from kpl.coredns.versions import NEWEST_COREDNS

        return self.facts.coredns or self._only_release(COREDNS_RELEASE, runs=True) or NEWEST_COREDNS

    def judged_coredns_version(self, document: Document) -> Version:
        """The release whose verdict on the Corefile in `document` is given: the one in force, or the nearest known one."""
        from kpl.coredns.judge import NODE_CACHE_COREDNS
        from kpl.coredns.versions import OLDEST_SETUP, nearest_release

        if self.facts.coredns is None and self._is_read_by_node_cache(document):
            return NODE_CACHE_COREDNS
        return max(nearest_release(self.coredns_version), OLDEST_SETUP)

    def _is_read_by_node_cache(self, document: Document) -> bool:
        from kpl.coredns.roles import is_node_local

        target = self.facts.target
        return is_node_local(document) if target is None else target == "node-local-dns"

    def judgement(self, document: Document) -> Judgement:
        """CoreDNS's verdict on the Corefile in `document`, and what it makes of it."""
        return self._judge(document, document.embedding.text, self._circumstances(document))

    def lenient(self, document: Document) -> Lenient:
        """The verdict on the Corefile in `document` as a linter gives it: past what other rules tell better."""
        circumstances = self._circumstances(document)
        customized = self.customized
        custom = customized.custom if customized is not None and customized.home is document else None
        # a fixer asks again and again, in clusters that differ in one document
        known = _LENIENT.get(document)
        if known is None or known[0] != circumstances or known[1] is not custom:
            from kpl.coredns.lenient import judge_leniently

            judged = judge_leniently(
                document.embedding.text, lambda text, seen: self._judge(document, text, seen), circumstances
            )
            known = _LENIENT[document] = circumstances, custom, judged
        return known[2]

    def advice(self, document: Document) -> Advice:
        """What to write where the verdict of `lenient` is a refusal."""
        from kpl.coredns.mends.advice import advise

        judgement, circumstances, _ = self.lenient(document)
        return advise(
            document.embedding.text,
            judgement.verdict,
            circumstances,
            lambda text: self._judge(document, text, circumstances).verdict,
        )

    def _judge(self, document: Document, text: str, circumstances: Circumstances) -> Judgement:
        from kpl.coredns.customized import files_around
        from kpl.coredns.judge import judge_corefile

        name = document.key if document.is_fragment else "Corefile"
        files = files_around(document, self.customized)
        return judge_corefile(text, circumstances, files, name=name, fragment=document.is_fragment)

    @cached_property
    def customized(self) -> Customized | None:
        """The Corefile that imports the keys of `coredns-custom`, where both are in the tree."""
        from kpl.coredns.customized import find_customized

        corefiles = [each for each in self.corefile_documents if share_of(each).imports_custom]
        return find_customized(corefiles, self.documents)

    def _circumstances(self, document: Document) -> Circumstances:
        from kpl.coredns.judge import NODE_CACHE_PLUGINS, Circumstances

        return Circumstances(
            self.judged_coredns_version(document),
            self.facts.environment,
            NODE_CACHE_PLUGINS if self._is_read_by_node_cache(document) else None,
            self.facts.external_plugins,
            self.facts.assumed_files,
        )

    @cached_property
    def kubernetes_version(self) -> Version:
        """The Kubernetes release in force: given, or of the only kube-proxy image tag, or the newest known one."""
        return as_known(self.facts.kubernetes or self._installed_kubernetes or NEWEST_KUBERNETES)

    def judged_kubernetes_version(self, document: Document) -> Version:
        """The release whose verdict on a KubeProxyConfiguration is given: the one in force, or the nearest known one."""
        return nearest_kube_proxy(self._kubernetes_version_of(document))

    def proxy_verdict(self, document: Document) -> Verdict:
        """kube-proxy's verdict on the KubeProxyConfiguration in `document`; its span lies in the document's own text."""
        from kpl.proxy.configuration.verdict import judge_kube_proxy

        text, start = self.program_text_of(document)
        verdict = judge_kube_proxy(text, self.kubernetes_version_for(document.model))
        return verdict._replace(span=verdict.span.shifted(start)) if verdict.span else verdict

    def dropped_fields(self, document: Document) -> Iterator[Dropped]:
        """The fields of the KubeProxyConfiguration in `document` that kube-proxy starts without."""
        from kpl.proxy.configuration.verdict import dropped_fields

        text, start = self.program_text_of(document)
        for dropped in dropped_fields(text, self.kubernetes_version_for(document.model)):
            yield dropped._replace(span=dropped.span.shifted(start))

    def proxy_takes(self, config: KubeProxyConfig, edits: Iterable[Edit]) -> bool:
        """Whether kube-proxy starts with `config` after `edits`, all of them behind its first line."""
        from kpl.inputs.objects.kubeproxy import program_text
        from kpl.proxy.configuration.verdict import judge_kube_proxy
        from kpl.text.edit import apply_edits

        text = apply_edits(config.text, edits)
        part = text[slice(*program_text(text, config.node.start))]
        return judge_kube_proxy(part, self.kubernetes_version_for(config)).answer != "refuses"

    def program_text_of(self, document: Document) -> tuple[str, int]:
        """What kube-proxy reads of `document`, and where that starts."""
        from kpl.inputs.objects.kubeproxy import program_text

        text = document.embedding.text
        span = program_text(text, document.model.node.start)
        return text[slice(*span)], span.start

    @cached_property
    def kubernetes_version_known(self) -> bool:
        """Whether anything tells the Kubernetes release."""
        return self.facts.kubernetes is not None or self._installed_kubernetes is not None

    @cached_property
    def _installed_kubernetes(self) -> Version | None:
        """The release of the only kube-proxy image tag, or that of the only one that kubeadm installs."""
        return self._only_release(KUBERNETES_RELEASE, runs=True) or self._only_release(KUBERNETES_RELEASE, runs=False)

    def kubernetes_version_for(self, model: Any) -> Version:
        """The Kubernetes release of the cluster that `model` is for: kubeadm's settings may stand in the same file."""
        return self._kubernetes_version_of(self.document_of(model))

    def _kubernetes_version_of(self, document: Document) -> Version:
        if self.facts.kubernetes is None:
            found = _kubeadm_versions(document.source.text)
            if len(found) == 1:
                return as_known(Version(next(iter(found))))
        return self.kubernetes_version

    @cached_property
    def releases(self) -> list[tuple[str, Release]]:
        """The releases that files show, each with its file."""
        telling = (each for each in self.documents if each.kind in ("Workload", "KubeadmCluster"))
        return [(document.path, release) for document in telling for release in share_of(document).releases]

    def _only_release(self, what: str, *, runs: bool) -> Version | None:
        found = {each.version for _, each in self.releases if each.what == what and each.runs == runs}
        return Version(found.pop()) if len(found) == 1 else None

    @cached_property
    def corefiles(self) -> list[tuple[Document, Corefile]]:
        """All Corefiles with their documents."""
        from kpl.inputs.corefile.model import Corefile

        return list(self.of(Corefile))

    @cached_property
    def corefile_documents(self) -> list[Document]:
        """The documents that hold a Corefile, those that do not parse among them."""
        possible = (each for each in self.documents if each.kind in ("Corefile", "ParseFailure"))
        return [document for document in possible if share_of(document).is_corefile]

    @cached_property
    def node_local_dns(self) -> bool:
        """Whether the pods ask a NodeLocal DNSCache: told, or its Corefile lies in the tree."""
        if self.facts.node_local_dns is not None:
            return self.facts.node_local_dns
        from kpl.coredns.roles import Role

        corefiles = (each for each in self.documents if each.kind == "Corefile")
        return any(share_of(document).role == Role.NODE_LOCAL.value for document in corefiles)

    def node_states(self, document: Document) -> list[NodeState]:
        """What the kube-proxy did that programmed the dump in `document`; nothing for what is no dump."""
        from kpl.proxy.dumps.readback import read_back

        return read_back(document)

    @cached_property
    def dumps(self) -> list[Document]:
        """The documents that hold what a node's kube-proxy programmed."""
        return [document for document in self.documents if is_dump(document)]

    @cached_property
    def node(self) -> NodeFacts:
        """What is known of the node that the dump is from: told by name, or the only node of the run."""
        from kpl.inputs.objects.nodes import NodeObject
        from kpl.proxy.services.selection import NodeFacts

        nodes = {str(node.name): node for _, node in self.of(NodeObject)}
        name = self.facts.node or (next(iter(nodes)) if len(nodes) == 1 else None)
        return NodeFacts(name, nodes[name].zone if name in nodes else None)

    def of_node(self, dump: Document) -> list[Document]:
        """The documents of the node that `dump` is from, itself among them."""
        from kpl.proxy.dumps.nodes import of_same_node

        return of_same_node(self.documents, dump)

    def disagreements(self, document: Document) -> list[Difference]:
        """What the dump in `document` does not do as the Services of the run ask for.

        Which node a dump is from can be told for one dump only: of several in one IP family, nobody knows.
        """
        if id(document) not in self._disagreements:
            self._disagreements[id(document)] = self._find_disagreements(document)
        return self._disagreements[id(document)]

    @cached_property
    def _disagreements(self) -> dict[int, list[Difference]]:
        return {}

    def _find_disagreements(self, document: Document) -> list[Difference]:
        from kpl.proxy.dumps.nodes import is_the_only_dump
        from kpl.proxy.dumps.readback import release_bounds
        from kpl.proxy.services.agreement import disagreements, possible_releases
        from kpl.proxy.services.selection import NodeFacts

        states = self.node_states(document)
        objects = self._service_objects
        if not states or not any(service.cluster_ip for service in objects.services.values()):
            return []
        alone = is_the_only_dump(states, self._dumps_of_family)
        known = self.kubernetes_version if self.kubernetes_version_known else None
        return disagreements(
            objects,
            states,
            self.node if alone else NodeFacts(),
            possible_releases(known, *release_bounds(document)),
            "ipvs" if document.kind == "IpvsDump" else None,
            self._gates_of_choice,
        )

    @cached_property
    def _gates_of_choice(self) -> list[dict[str, bool]]:
        """The defaults, and what the kube-proxy configurations of the run set: which of them is the dump's is not known."""
        from kpl.inputs.objects.kubeproxy import KubeProxyConfig
        from kpl.proxy.services.selection import gates_of_choice

        found: list[dict[str, bool]] = [{}]
        found += [gates for _, config in self.of(KubeProxyConfig) if (gates := gates_of_choice(config.feature_gates))]
        return found

    # each dump of the cluster asks
    @cached_property
    def _dumps_of_family(self) -> Counter[int]:
        return Counter(state.ip_family for each in self.dumps for state in self.node_states(each))

    @cached_property
    def _service_objects(self) -> ClusterObjects:
        from kpl.inputs.objects.endpointslices import EndpointSlice
        from kpl.inputs.objects.services import Service
        from kpl.proxy.services.agreement import ClusterObjects

        of_file: dict[int, list[Service]] = {}
        for document, service in self.of(Service):
            of_file.setdefault(id(document.source), []).append(service)
        return ClusterObjects.of(of_file.values(), (model for _, model in self.of(EndpointSlice)))

    @cached_property
    def services(self) -> int | None:
        """How many Services the cluster has: told, or as many as lie in the tree or are programmed in a dump."""
        if self.facts.services is not None:
            return self.facts.services
        return max(self._count["Service"], self._programmed_services) or None

    @property
    def _programmed_services(self) -> int:
        """How many Services each dump holds at least: the nodes of one cluster agree, those of several tell nothing."""
        return min((count for each in self.dumps for count in self._services_in(each) if count), default=0)

    def _services_in(self, dump: Document) -> Iterator[int]:
        """How many Services the tables of a dump have; of iptables counted without reading all of it back."""
        if dump.kind == "Ruleset":
            from kpl.proxy.iptables.programmed import programmed_services

            yield from (len(programmed_services(nat)) for nat in dump.model.named("nat"))
        else:
            for state in self.node_states(dump):
                yield len(
                    {port.name.partition(":")[0] if port.name else port.cluster_ip for port in state.ports} - {None}
                )

    @cached_property
    def endpoints(self) -> int | None:
        """How many endpoints the Services have: told, or listed by the EndpointSlices in the tree."""
        from kpl.inputs.objects.endpointslices import EndpointSlice

        if self.facts.endpoints is not None:
            return self.facts.endpoints
        return sum(model.size for _, model in self.of(EndpointSlice)) or None


# each configuration of a file asks
@lru_cache(maxsize=4)
def _kubeadm_versions(text: str) -> frozenset[str]:
    """The releases that kubeadm's configurations in a file are for."""
    return frozenset(_KUBEADM_VERSION.findall(text))
