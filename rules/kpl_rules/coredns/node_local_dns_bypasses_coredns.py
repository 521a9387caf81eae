"""KPL280."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop
from kpl.corefiles import (
    Corefile,
    Directive,
    Role,
    ServerBlock,
    answerers,
    is_cluster_block,
    is_placeholder,
    is_public_address,
    is_subdomain,
    name_rewrite,
    role_of,
    zones_of,
)
from kpl.words import listed

_COREDNS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    . {
        errors
        health {
            lameduck 5s
        }
        ready
        %s
        kubernetes cluster.local in-addr.arpa ip6.arpa {
            fallthrough in-addr.arpa ip6.arpa
        }
        forward . /etc/resolv.conf
        cache 30
        loop
        reload
    }
"""
_NODE_LOCAL = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: node-local-dns, namespace: kube-system}
data:
  Corefile: |
    cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10
        forward . 10.96.0.10 {
            force_tcp
        }
        health 169.254.20.10:8080
    }
    .:53 {
        errors
        cache 30
        reload
        loop
        bind 169.254.20.10
        forward . /etc/resolv.conf
    }
"""
_CUSTOM = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns-custom, namespace: kube-system}
data:
  lan.server: |
    lan.corp:53 {
        errors
        cache 30
        forward . 10.1.1.1
    }
"""
_STUB_DOMAINS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-dns, namespace: kube-system}
data:
  stubDomains: |
    {"lan.corp": ["10.1.1.1"]}
"""
_REWRITE = "rewrite name git.corp git.forge.svc.cluster.local"
_HOSTS = "hosts {\n            10.0.0.1 db.corp mail.corp\n            fallthrough\n        }"
_DAEMON_SET = """\
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  template:
    spec:
      dnsPolicy: %s
      hostNetwork: true
      containers: [{name: node-cache, image: registry.k8s.io/dns/k8s-dns-node-cache:1.26.7}]
"""


def _files(line: str, node_local: str = _NODE_LOCAL, **others: str) -> dict[str, str]:
    return {
        "coredns.yaml": _COREDNS % line,
        "node-local-dns.yaml": node_local,
        **{f"{name}.yaml": text for name, text in others.items()},
    }


_TAIL = re.compile(r"((?:\\?\.[a-z0-9-]+){2,})(?:\\?\.)?\)?\$?")
"""The end of a regular expression for the names below a domain."""
_NODE_UPSTREAMS = ("/etc/resolv.conf", "__PILLAR__UPSTREAM__SERVERS__")
_MOST_NAMES = 3
_OWN_ANSWERS = ("hosts", "template", "file", "etcd", "k8s_external")
_FOR_OTHERS = {"bind", "etcd", "k8s_external", "view"}
"""The plugins of blocks that may be for clients outside of the cluster."""


class _Handled(NamedTuple):
    """Names that CoreDNS handles in its own way: where that is written, and what becomes of them."""

    names: list[str]
    """Without the last dot."""
    span: Span
    effect: str
    document: Document


class NodeLocalDnsBypassesCoredns(Rule):
    """NodeLocal DNSCache sends names that CoreDNS handles to the resolver of the node, so CoreDNS never sees them.

    ## Why
    Pods ask NodeLocal DNSCache. Its Corefile decides which zones it forwards to CoreDNS, usually the cluster domain and the
    reverse zones; every other name goes to the resolvers of the node. A `rewrite`, `hosts`, or server block of
    CoreDNS for such a name has no effect for pods: they get NXDOMAIN, or the public address.

    The rule is silent if the server block of NodeLocal DNSCache for a name answers it too, if it forwards to an address that
    may be CoreDNS, or if the ConfigMap `kube-dns`, which NodeLocal DNSCache reads, has a stub domain for the name.

    ## Fix
    There is no automatic fix. Add a server block for the names to the Corefile of NodeLocal DNSCache that forwards to
    CoreDNS, as its block for the cluster domain does.

    ## References
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    - https://github.com/kubernetes/dns/blob/1.26.7/cmd/node-cache/app/configmap.go
    - https://github.com/coredns/coredns/issues/3298
    - https://github.com/kubernetes/dns/issues/452
    """

    code = "KPL280"
    name = "node-local-dns-bypasses-coredns"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Corefile"
    clue = r"\bbind\b|__PILLAR__"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files(_REWRITE),
            flags=[_REWRITE],
            says=[
                "NodeLocal DNSCache forwards `git.corp` to `/etc/resolv.conf` and not to CoreDNS",
                "so this `rewrite` has no effect for pods",
                "Add a server block for `git.corp`",
            ],
        ),
        Bad(
            _files("rewrite name suffix .corp .svc.cluster.local answer auto"),
            flags=["rewrite name suffix .corp .svc.cluster.local answer auto"],
            says=["`corp`"],
        ),
        Bad(
            _files(r"rewrite name regex (.*)\.dev\.corp {1}.svc.cluster.local answer auto"),
            flags=[r"rewrite name regex (.*)\.dev\.corp {1}.svc.cluster.local answer auto"],
            says=["`dev.corp`"],
        ),
        Bad(_files(_HOSTS), flags=["hosts"], says=["`db.corp` and `mail.corp`", "this `hosts` has no effect"]),
        Bad(
            _files("file /etc/coredns/corp.db corp"),
            flags=["file /etc/coredns/corp.db corp"],
            says=["this `file`"],
            other=["order-without-meaning"],
        ),
        Bad(
            _files("log", lan=_CUSTOM),
            flags=["lan.corp:53"],
            says=["this server block has no effect for pods"],
        ),
        Bad(
            _files(_REWRITE, _NODE_LOCAL.replace("/etc/resolv.conf", "__PILLAR__UPSTREAM__SERVERS__")),
            flags=[_REWRITE],
            says=["to the resolvers of the node"],
        ),
        Bad(_files(_REWRITE, _NODE_LOCAL.replace("/etc/resolv.conf", "1.1.1.1 8.8.8.8")), flags=[_REWRITE]),
        Bad(_files(_REWRITE, daemon=_DAEMON_SET % "Default"), flags=[_REWRITE]),
        # for others than pods
        Good(_files("log", lan=_CUSTOM.replace("lan.corp:53", "lan.corp:5353"))),
        Good(_files("log", lan=_CUSTOM.replace("        errors", "        bind 10.0.0.1\n        errors"))),
        # CoreDNS is asked, or somebody who may be CoreDNS
        Good(_files(_REWRITE, _NODE_LOCAL.replace("/etc/resolv.conf", "10.96.0.10"))),
        Good(_files(_REWRITE, _NODE_LOCAL.replace("/etc/resolv.conf", "__PILLAR__CLUSTER__DNS__"))),
        Good(_files(_REWRITE, _NODE_LOCAL.replace("/etc/resolv.conf", "10.0.0.2"))),
        Good(_files(_REWRITE, daemon=_DAEMON_SET % "ClusterFirstWithHostNet")),
        Good(_files(_REWRITE, _NODE_LOCAL.replace("cluster.local:53", "cluster.local:53 git.corp:53"))),
        Good(_files(_REWRITE, _NODE_LOCAL.replace("cluster.local:53", "cluster.local:53 corp:53"))),
        Good(_files("rewrite name exact x.cluster.local y.shop.svc.cluster.local")),
        # NodeLocal DNSCache does it as well
        Good(_files(_HOSTS, _NODE_LOCAL.replace("    forward . /etc", f"    {_HOSTS}\n        forward . /etc"))),
        Good(_files(_REWRITE, _NODE_LOCAL.replace("    forward . /etc", "    import extra\n        forward . /etc"))),
        Good(_files("log", lan=_CUSTOM, stub=_STUB_DOMAINS)),
        # pods do not ask it
        Good(
            _files(
                _REWRITE,
                kubelet="apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\n",
            )
        ),
        Bad(
            _files(
                _REWRITE,
                kubelet="apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [169.254.20.10]\n",
            ),
            flags=[_REWRITE],
        ),
        # which of the two is in use?
        Good(_files(_REWRITE, other=_NODE_LOCAL.replace("cluster.local:53", "corp:53"))),
        Good(_files("log")),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        by_role: dict[Role, list[tuple[Document, Corefile]]] = {}
        for document, corefile in cluster.corefiles:
            by_role.setdefault(role_of(document), []).append((document, corefile))
        caches, servers = by_role.get(Role.NODE_LOCAL, []), by_role.get(Role.CLUSTER, [])
        if len(caches) != 1 or len(servers) != 1 or not _is_asked(caches[0][1], cluster):
            return
        # few clusters come so far
        from kpl.manifests import KubeDnsConfig

        cache, model = caches[0]
        custom = [each for each in by_role.get(Role.FRAGMENT, ()) if each[0].name == "coredns-custom"]
        stubs = [domain for _, each in cluster.of(KubeDnsConfig) for domain in each.stub_domains or ()]
        for handled in [found for each in (*servers, *custom) for found in _handled(*each)]:
            names = [(name, past) for name in handled.names if (past := _sent_past(name, model, cluster)) is not None]
            names = [each for each in names if not any(is_subdomain(stub, each[0]) for stub in stubs)]
            if not names:
                continue
            shown = listed([f"`{name}`" for name, _ in names[:_MOST_NAMES]])
            forward = names[0][1]
            to = "`/etc/resolv.conf`" if forward.args[1] == "/etc/resolv.conf" else "the resolvers of the node"
            if is_public_address(forward.args[1]):
                to = f"`{forward.args[1]}`"
            yield self.finding(
                handled.span,
                f"NodeLocal DNSCache forwards {shown} to {to} and not to CoreDNS, so {handled.effect} has no effect for pods",
                help=f"Add a server block for {shown} to the Corefile of NodeLocal DNSCache, and forward it to CoreDNS.",
                related=[Related(forward.head, "the names are forwarded here", cache)],
                document=handled.document,
            )


def _handled(document: Document, corefile: Corefile) -> Iterator[_Handled]:
    """What a Corefile does with names that are not those of the cluster."""
    for server in corefile.servers:
        outside = [key for key in server.keys if not is_placeholder(key) and _is_outside(key)]
        if outside and len(outside) == len(server.keys) and not is_cluster_block(server):
            names = [zone.removesuffix(".") for key in outside for zone in zones_of(key)]
            if not server.names & _FOR_OTHERS:
                yield _Handled(names, server.key_span, "this server block", document)
            continue
        for directive in server.directives:
            names = _names(directive, server)
            if names:
                yield _Handled(names, directive.head, f"this `{directive.name}`", document)


def _is_outside(key: str) -> bool:
    """Whether pods may ask for names of this key, and it is for names that are not those of the cluster."""
    port = key.rpartition(":")[2] if ":" in key else "53"
    return port == "53" and not any(zone == "." or zone.endswith(".arpa.") for zone in zones_of(key))


def _names(directive: Directive, server: ServerBlock) -> list[str]:
    """The names that a plugin in a block for all names handles, as far as they are known."""
    if directive.name == "rewrite":
        rewrite = name_rewrite(directive)
        if rewrite is None or is_placeholder(rewrite.pattern) or rewrite.kind.lower() != "name":
            return []
        name = str(rewrite.pattern).lower()
        if rewrite.match == "regex":
            found = _TAIL.search(name)
            if found is None or found.end() != len(name):
                return []
            name = found[1].replace("\\", "")
        elif rewrite.match not in ("exact", "suffix"):
            return []
        return [name.strip(".")] if name.strip(".") else []
    if directive.name == "hosts":
        lines = (each for each in directive.properties if each.name[:1].isdigit() or ":" in each.name)
        names = [str(word).lower().removesuffix(".") for line in lines for word in line.args]
        return [name for name in names if "." in name and not is_placeholder(name)]
    if directive.name in ("file", "template", "forward"):
        found_zones = (each.zones for each in answerers(server) if each.directive is directive)
        return [zone.removesuffix(".") for zones in found_zones for zone in zones if zone != "." and "arpa" not in zone]
    return []


def _sent_past(name: str, cache: Corefile, cluster: Cluster) -> Directive | None:
    """The `forward` of NodeLocal DNSCache that sends `name` to somebody who is not CoreDNS; None if it may be CoreDNS."""
    best: tuple[int, ServerBlock] | None = None
    for server in cache.servers:
        for key in server.keys:
            zones = [f"{cluster.cluster_domain}."] if "__PILLAR__DNS__DOMAIN__" in key else zones_of(key)
            if is_placeholder(key) and "__PILLAR__DNS__DOMAIN__" not in key:
                return None
            for zone in zones:
                labels = zone.rstrip(".").count(".") + 1 if zone != "." else 0
                if is_subdomain(zone, f"{name}.") and (best is None or labels > best[0]):
                    best = labels, server
    if best is None:
        return None
    server = best[1]
    forwards = server.all("forward")
    if not server.complete or len(forwards) != 1 or server.names & {"rewrite", *_OWN_ANSWERS}:
        return None
    forward = forwards[0]
    upstreams = forward.args[1:]
    if not upstreams or not all(each in _NODE_UPSTREAMS or is_public_address(each) for each in upstreams):
        return None
    return forward


def _is_asked(cache: Corefile, cluster: Cluster) -> bool:
    """Whether pods ask the NodeLocal DNSCache, and it asks the resolvers of the node, as far as other files tell."""
    from kpl.manifests import KubeletConfig, Workload

    bound = {str(word) for server in cache.servers for bind in server.all("bind") for word in bind.args}
    told = [str(word) for _, kubelet in cluster.of(KubeletConfig) for word in kubelet.cluster_dns]
    if told and not bound & set(told) and not any(map(is_placeholder, bound)):
        return False
    if cluster.facts.node_local_dns is False:
        return False
    return not any(
        workload.dns_policy == "ClusterFirstWithHostNet"
        for _, workload in cluster.of(Workload, clue="node-cache")
        if any("node-cache" in (each.image or "") for each in workload.containers)
    )
