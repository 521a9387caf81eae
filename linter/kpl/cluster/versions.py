"""The releases in force in a cluster: given, or shown by its files, or the newest known ones."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from kpl.cluster.documents import Documents
from kpl.facts import Facts
from kpl.inputs.document import Document
from kpl.proxy.releases import NEWEST_KUBERNETES, as_known, nearest_kube_proxy
from kpl.shares.share import COREDNS_RELEASE, KUBERNETES_RELEASE
from kpl.text import late
from kpl.text.version import Version

if TYPE_CHECKING:
    from kpl.coredns.nodecache import NodeCache

_KUBEADM_VERSION = late.pattern(
    r"""^[ \t]*kubernetesVersion[ \t]*:[ \t]*["']?v?([0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?)\b""", re.MULTILINE
)


class Versions:
    """The releases of CoreDNS and Kubernetes for the documents of one cluster."""

    def __init__(self, documents: Documents, facts: Facts) -> None:
        self._documents = documents
        self._facts = facts

    @cached_property
    def coredns(self) -> Version:
        """The CoreDNS release in force: given, or of the only image tag in the manifests, or the newest known one."""
        from kpl.coredns.versions import NEWEST_COREDNS

        return self._facts.coredns or self._installed(COREDNS_RELEASE) or NEWEST_COREDNS

    @cached_property
    def coredns_shown(self) -> frozenset[Version]:
        """The CoreDNS releases that may be in force: the given one, or all that files show; none if nobody tells."""
        if self._facts.coredns is not None:
            return frozenset((self._facts.coredns,))
        shown = (each.version for _, each in self._documents.releases if each.what == COREDNS_RELEASE)
        return frozenset(map(Version, shown))

    def coredns_of(self, document: Document) -> Version:
        """The CoreDNS release that reads the Corefile in `document`: an image in the same file counts before those in others.

        Where all files together contradict each other, the images in the same folder count.
        """
        if self._facts.coredns is not None:
            return self._facts.coredns
        return self._near(document, COREDNS_RELEASE) or self.coredns

    def _near(self, document: Document, what: str) -> Version | None:
        in_file, in_folder = self._documents.only_release_near(document, what)
        if in_file is None and in_folder is not None and self._installed(what) is None:
            in_file = in_folder
        return None if in_file is None else Version(in_file)

    def judged_coredns(self, document: Document) -> Version:
        """The CoreDNS release whose verdict on the Corefile in `document` is given."""
        from kpl.coredns.versions import OLDEST_SETUP, nearest_release

        if self._facts.coredns is None and self.is_read_by_node_cache(document):
            return max(nearest_release(self.node_cache.coredns), OLDEST_SETUP)
        return max(nearest_release(self.coredns_of(document)), OLDEST_SETUP)

    @cached_property
    def node_cache(self) -> NodeCache:
        """What is in the image of NodeLocal DNSCache."""
        from kpl.coredns.nodecache import node_cache_of
        from kpl.inputs.objects.workloads import Workload

        return node_cache_of(each for _, each in self._documents.of(Workload, clue="node-cache"))

    def is_read_by_node_cache(self, document: Document) -> bool:
        """Whether the CoreDNS that loads the Corefile in `document` is the one inside of node-cache."""
        from kpl.coredns.roles import is_node_local

        target = self._facts.target
        return is_node_local(document) if target is None else target == "node-local-dns"

    @cached_property
    def kubernetes(self) -> Version:
        """The Kubernetes release in force: given, or of the only kube-proxy image tag, or the newest known one."""
        return as_known(self._facts.kubernetes or self._installed_kubernetes or NEWEST_KUBERNETES)

    @cached_property
    def kubernetes_known(self) -> bool:
        """Whether anything tells the Kubernetes release."""
        return self._facts.kubernetes is not None or self._installed_kubernetes is not None

    def kubernetes_of(self, document: Document) -> Version:
        """The Kubernetes release for `document`: the settings of an installer, or an image, may stand in the same file."""
        if self._facts.kubernetes is None:
            found = _kubeadm_versions(document.source.text) | self._documents.releases_beside(document)
            near = Version(next(iter(found))) if len(found) == 1 else self._near(document, KUBERNETES_RELEASE)
            if near is not None:
                return as_known(near)
        return self.kubernetes

    def judged_kubernetes(self, document: Document) -> Version:
        """The Kubernetes release whose verdict on the KubeProxyConfiguration in `document` is given."""
        return nearest_kube_proxy(self.kubernetes_of(document))

    @cached_property
    def _installed_kubernetes(self) -> Version | None:
        return self._installed(KUBERNETES_RELEASE)

    def _installed(self, what: str) -> Version | None:
        """The release of the only image tag, or that of the only one that kubeadm or another installer is told."""
        return self._only_release(what, runs=True) or self._only_release(what, runs=False)

    def _only_release(self, what: str, *, runs: bool) -> Version | None:
        found = {each.version for _, each in self._documents.releases if each.what == what and each.runs == runs}
        return Version(found.pop()) if len(found) == 1 else None


# each configuration of a file asks
@lru_cache(maxsize=4)
def _kubeadm_versions(text: str) -> frozenset[str]:
    """The releases that kubeadm's configurations in a file are for."""
    return frozenset(_KUBEADM_VERSION.findall(text))
