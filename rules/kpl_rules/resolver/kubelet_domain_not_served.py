"""KPL116."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, files
from kpl.corefiles import Role, corefile_placeholder, is_placeholder, is_subdomain, role_of, zones_of
from kpl.manifests import KubeadmCluster, KubeletConfig, template_placeholder

_KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDomain: corp.local\n"
_KUBEADM = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  dnsDomain: cluster.local\n"
_COREFILE = (
    ". {\n    errors\n    health {\n        lameduck 5s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n"
    "        fallthrough in-addr.arpa ip6.arpa\n    }\n    forward . 192.0.2.53\n    cache 30\n    loop\n    reload\n}\n"
)


def _corefile(text: str) -> dict[str, str]:
    return files(**{"kubelet.yaml": _KUBELET, "Corefile": text})


class KubeletDomainNotServed(Rule):
    """The kubelet's `clusterDomain` is not a domain that CoreDNS serves, so short names of Services do not resolve.

    ## Why
    The kubelet writes `svc.` and `clusterDomain` into the search list of each pod. A lookup of `db` asks for
    `db.shop.svc.corp.local`. If CoreDNS serves `cluster.local` only, it forwards this name to its upstream, which responds with
    NXDOMAIN, and so do all other names of the list. The domain has to be the same in three places: `clusterDomain` of the kubelet,
    `networking.dnsDomain` of kubeadm, from which it writes the Corefile, and the zone of `kubernetes` in the Corefile.

    The rule is silent if there are several domains in the files, or if a placeholder sets one.

    ## Fix
    There is no automatic fix, because either of the two can be wrong. Pods get another search list only when they start again.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (`clusterDomain`)
    - https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/ (`dnsDomain`)
    - https://coredns.io/plugins/kubernetes/
    """

    code = "KPL116"
    name = "kubelet-domain-not-served"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeletConfig"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            files(**{"kubelet.yaml": f"{_KUBEADM}---\n{_KUBELET}"}),
            flags=["corp.local"],
            says=["`corp.local` is not the domain `cluster.local` that kubeadm gives CoreDNS", "short names of Services"],
        ),
        Bad(files(**{"a.yaml": _KUBEADM, "b.yaml": _KUBELET}), flags=["corp.local"]),
        Bad(
            _corefile(_COREFILE),
            flags=["corp.local"],
            says=["`corp.local` is not a zone of `kubernetes` in the Corefile"],
        ),
        Good(_corefile(_COREFILE.replace("kubernetes cluster.local", "kubernetes corp.local"))),
        Good(_corefile(_COREFILE.replace("kubernetes cluster.local", "kubernetes Corp.Local."))),
        Good(_corefile(_COREFILE.replace("kubernetes cluster.local", "kubernetes cluster.local corp.local"))),
        Good(_corefile(_COREFILE.replace("kubernetes cluster.local", "kubernetes local"))),
        Good(_corefile(_COREFILE.replace("    ready\n", "    ready\n    rewrite name a.corp.local a.cluster.local\n"))),
        Good(_corefile(_COREFILE.replace("kubernetes cluster.local", "kubernetes {$DOMAIN}"))),
        Good(_corefile(_COREFILE.replace("    ready\n", "    ready\n    import more/*\n"))),
        Good(_corefile(_COREFILE + "corp.local {\n    errors\n    forward . 192.0.2.54\n    cache 30\n}\n")),
        Good(_corefile("lan {\n    errors\n    forward . 192.0.2.54\n    cache 30\n}\n")),
        Good(files(**{"a.yaml": _KUBEADM, "b.yaml": _KUBELET.replace("corp.local", "cluster.local.")})),
        Good(files(**{"a.yaml": _KUBEADM, "b.yaml": _KUBELET.replace("corp.local", "${DOMAIN}")})),
        Good(files(**{"a.yaml": _KUBEADM, "b.yaml": _KUBELET.replace("clusterDomain: corp.local", "clusterDNS: []")})),
        Good(files(**{"a.yaml": _KUBEADM.replace("dnsDomain: cluster.local", "x: y"), "b.yaml": _KUBELET})),
        Good(files(**{"a.yaml": _KUBEADM, "b.yaml": _KUBEADM.replace("cluster", "a"), "c.yaml": _KUBELET})),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, kubelet in cluster.of(KubeletConfig):
            domain = kubelet.cluster_domain
            if not domain or document.is_example or template_placeholder(domain) is not None:
                continue
            name = domain.strip(".").lower()
            told = _told_domain(document, cluster)
            if told is None:
                told = _served_domain(name, cluster)
            if told is None or told.domain == name:
                continue
            yield self.finding(
                domain.span,
                f"`{domain}` is not {told.what}, so short names of Services do not resolve",
                help=f"Set `clusterDomain` to `{told.domain}`. Or change the other place.",
                related=[Related(told.span, "the domain of cluster DNS", told.document)],
                document=document,
            )


class _Told(NamedTuple):
    domain: str
    what: str
    document: Document
    span: Span


def _told_domain(kubelet: Document, cluster: Cluster) -> _Told | None:
    """The domain that kubeadm is told in the same file, or the only one."""
    found = [
        (document, kubeadm.dns_domain)
        for document, kubeadm in cluster.of(KubeadmCluster)
        if kubeadm.dns_domain and not document.is_example and template_placeholder(kubeadm.dns_domain) is None
    ]
    found = [each for each in found if each[0].source is kubelet.source] or found
    domains = {each.strip(".").lower() for _, each in found}
    if len(domains) != 1:
        return None
    document, written = found[0]
    domain = domains.pop()
    return _Told(domain, f"the domain `{domain}` that kubeadm gives CoreDNS", document, written.span)


def _served_domain(name: str, cluster: Cluster) -> _Told | None:
    """The domain in the only Corefile of cluster DNS, if nothing in it serves `name`."""
    found = [each for each in cluster.corefiles if role_of(each[0]) is Role.CLUSTER]
    if len(found) != 1:
        return None
    document, corefile = found[0]
    if corefile.imports or corefile_placeholder(corefile.text) is not None:
        return None
    told = None
    for server in corefile.servers:
        kubernetes = server.get("kubernetes")
        words = [*server.keys, *(word for directive in server.directives for word in directive.args)]
        if any(map(is_placeholder, words)):
            return None
        zones = [zone for word in words for zone in zones_of(word) if zone != "."]
        if server.has("rewrite") or not server.complete or any(is_subdomain(zone, f"{name}.") for zone in zones):
            return None
        if kubernetes is not None and kubernetes.args and told is None:
            zone = kubernetes.args[0].strip(".").lower()
            told = _Told(zone, "a zone of `kubernetes` in the Corefile", document, kubernetes.head)
    return told
