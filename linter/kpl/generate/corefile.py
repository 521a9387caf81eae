"""A Corefile for cluster DNS: kubeadm's default of today, without what the release lacks, and what was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpl.coredns.kubeadm import KUBEADM_COREDNS, kubeadm_coredns
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.errors import UsageError
from kpl.generate.comments import comment
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.version import Version

OLDEST = Version("1.0.6")
"""The first release whose `forward` has a block of options."""
MAX_UPSTREAMS = 15
_RESOLV_CONF = "/etc/resolv.conf"
_SINCE = {
    "reload": Version("1.1.0"),
    "loop": Version("1.2.1"),
    "prefer_udp": Version("1.2.0"),
    "ready": Version("1.5.0"),
    "max_concurrent": Version("1.6.8"),
    "disable": Version("1.9.4"),
}
_DOMAIN = late.pattern(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_KUBEADM_LIMIT = 178
"""The memory limit of kubeadm's Deployment, 170Mi, in MB."""


def corefile(
    kubernetes: Version | None = None,
    coredns: Version | None = None,
    cluster_domain: str = "cluster.local",
    nodes: int | None = None,
    services: int | None = None,
    pods: int | None = None,
    node_local_dns: bool = False,
    autopath: bool = False,
    upstreams: Sequence[str] = (),
) -> str:
    """The Corefile, with the reason above each line that kubeadm's default does not have.

    The CoreDNS release is `coredns`, or the one that kubeadm installs with `kubernetes`, or the newest. Raises
    UsageError for what cannot be: a release that is too old, an upstream that is no address, autopath behind a
    NodeLocal DNSCache.
    """
    release = _release(kubernetes, coredns)
    domain = cluster_domain.strip(".").lower()
    if not _DOMAIN.fullmatch(domain):
        raise UsageError(f"{cluster_domain!r} is not a domain name")
    if autopath and node_local_dns:
        raise UsageError(
            "autopath recognizes a pod by its address, but NodeLocal DNSCache sends queries from the address of the node"
        )

    def has(word: str) -> bool:
        return _SINCE[word] <= release

    text = _head(release, nodes, services, pods, autopath)
    text += ".:53 {\n    errors\n    health {\n        lameduck 5s\n    }\n"
    text += "    ready\n" if has("ready") else ""
    if autopath:
        text += comment(
            "Walks a pod's search list in CoreDNS, so that an external name costs one query instead of up to 5. Not for "
            "Windows nodes.",
            4,
        )
        text += "    autopath @kubernetes\n"
    text += f"    kubernetes {domain} in-addr.arpa ip6.arpa {{\n"
    if autopath:
        text += comment("autopath recognizes pods by their addresses, so CoreDNS watches all pods.", 8)
    text += f"        pods {'verified' if autopath else 'insecure'}\n"
    text += "        fallthrough in-addr.arpa ip6.arpa\n        ttl 30\n    }\n    prometheus :9153\n"
    text += _forward(upstreams, node_local_dns and has("prefer_udp"), has("max_concurrent"))
    text += (
        f"    cache 30 {{\n        disable success {domain}\n        disable denial {domain}\n    }}\n"
        if has("disable")
        else "    cache 30\n"
    )
    text += "    loop\n" if has("loop") else ""
    text += "    reload\n" if has("reload") else ""
    return f"{text}    loadbalance\n}}\n"


def _release(kubernetes: Version | None, coredns: Version | None) -> Version:
    release = coredns
    if release is None and kubernetes is not None:
        release = kubeadm_coredns(kubernetes)
        if release is None and kubernetes < max(KUBEADM_COREDNS):
            raise UsageError(f"kubeadm does not install CoreDNS with Kubernetes {kubernetes}; set the CoreDNS version")
    release = release or NEWEST_COREDNS
    if release < OLDEST:
        raise UsageError(f"CoreDNS {release} is older than {OLDEST}, the first release whose `forward` has options")
    return release


def _head(release: Version, nodes: int | None, services: int | None, pods: int | None, autopath: bool) -> str:
    text = comment(
        f"Cluster DNS for CoreDNS {release.full}: kubeadm's default Corefile. A comment explains each line that "
        "differs from it."
    )
    if services is not None and pods is not None:
        base, formula = (56, 250) if autopath else (54, 1000)
        memory = round((pods + services) / formula + base)
        above = ", above the limit of kubeadm's Deployment (170Mi)" if memory > _KUBEADM_LIMIT else ""
        text += comment(
            f"Memory: about {memory:,} MB for {pods:,} pods and {services:,} Services{above}: (pods + Services) / "
            f"{formula} + {base} MB."
        )
    if nodes is not None:
        replicas = max(-(-nodes // 16), 2)
        text += comment(
            f"Replicas: {replicas:,} for {nodes:,} nodes, as the DNS autoscaler computes: one per 16 nodes or one per "
            "256 cores, whichever is more."
        )
    return text


def _forward(upstreams: Sequence[str], prefer_udp: bool, max_concurrent: bool) -> str:
    if len(upstreams) > MAX_UPSTREAMS:
        raise UsageError(f"`forward` accepts at most {MAX_UPSTREAMS} upstreams, not {len(upstreams)}")
    for upstream in upstreams:
        if upstream != _RESOLV_CONF and not _is_address(upstream):
            raise UsageError(
                f"the upstream {upstream!r} is neither {_RESOLV_CONF} nor an IP address with an optional port"
            )
    text = ""
    if upstreams and list(upstreams) != [_RESOLV_CONF]:
        text += comment("The given upstreams, instead of those in the node's resolv.conf.", 4)
    text += f"    forward . {' '.join(upstreams) or _RESOLV_CONF}"
    options = ""
    if max_concurrent:
        options += "        max_concurrent 1000\n"
    if prefer_udp:
        options += comment(
            "NodeLocal DNSCache sends queries over TCP. Without this, CoreDNS would query the upstreams over TCP too.",
            8,
        )
        options += "        prefer_udp\n"
    return f"{text} {{\n{options}    }}\n" if options else f"{text}\n"


def _is_address(upstream: str) -> bool:
    from ipaddress import ip_address

    found = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]+))?|([^\[\]:]+):([0-9]+)|([0-9A-Fa-f:.]+)", upstream)
    if found is None:
        return False
    port = found[2] or found[4]
    try:
        ip_address(found[1] or found[3] or found[5])
    except ValueError:
        return False
    number = None if port is None else whole_number(port)
    return number is None or 0 < number < 65536
