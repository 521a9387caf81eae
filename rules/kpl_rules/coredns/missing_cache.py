"""KPL201."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Role, ServerBlock, is_cluster_block, keyword_known, role_of

_LOOPBACK = re.compile(r"(?:[a-z]+://)?(?:127\.|\[?::1\b|localhost\b)")
_KINDS = ("success", "denial")
_PORT = re.compile(r":\d+$")

_CLUSTER = """\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . 10.0.0.53
    loop
}
"""


class MissingCache(Rule):
    """Every query goes to the upstream, because the server block forwards without `cache`.

    ## Why
    `cache` answers a repeated query from memory. Without it, every query waits for the upstream and adds to its load.
    A full cache of the default size (9,984 positive and 9,984 negative answers) takes about 30 MB. kubeadm writes
    `cache 30` into the Corefile of every cluster; in Kubernetes 1.33 and later it excludes the names of Services, which
    `kubernetes` already has in memory.

    The rule checks blocks that forward everything (`forward .`). Outside of cluster DNS it checks only blocks for the
    root zone, because a block for a single zone may omit `cache` so that changes are visible immediately. It is silent if
    the upstream is a loopback address or if another block of the file forwards to this one: that one may have the cache.

    ## Fix
    Adds `cache 30`, the value that kubeadm uses, after `forward`. In the cluster DNS block it also adds the two `disable`
    lines that kubeadm writes for the cluster domain (CoreDNS 1.9.4 and later). An answer can then be up to 30 seconds
    old, but not older than its TTL, unless the TTL is below 5 seconds.

    ## References
    - https://coredns.io/plugins/cache/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/cache/cache.go (maxNTTL, minTTL)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/addons/dns/manifests.go
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    """

    code = "KPL201"
    name = "missing-cache"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "forward"
    symptoms = ("slow-lookups",)
    examples = [
        Bad(
            corefile(". {\n    forward . 9.9.9.9\n}\n"),
            flags=["forward . 9.9.9.9"],
            fixed=". {\n    forward . 9.9.9.9\n    cache 30\n}\n",
        ),
        Bad(
            corefile(". {\n  forward . 9.9.9.9 {  # the office\n    max_concurrent 1000\n  }\n}\n"),
            flags=["forward . 9.9.9.9"],
            fixed=". {\n  forward . 9.9.9.9 {  # the office\n    max_concurrent 1000\n  }\n  cache 30\n}\n",
        ),
        Bad(
            corefile(_CLUSTER),
            flags=["forward . 10.0.0.53"],
            fixed=_CLUSTER.replace(
                "    loop\n",
                "    cache 30 {\n        disable success cluster.local\n        disable denial cluster.local\n    }\n    loop\n",
            ),
        ),
        # before the option came
        Bad(
            corefile(_CLUSTER),
            {"coredns": "1.9.3"},
            flags=["forward . 10.0.0.53"],
            fixed=_CLUSTER.replace("    loop\n", "    cache 30\n    loop\n"),
        ),
        Good(corefile(". {\n    forward . 9.9.9.9\n    cache 30\n}\n")),
        # what the imported file holds is not known
        Good(corefile(". {\n    forward . 9.9.9.9\n    import custom/*.override\n}\n")),
        Good(corefile("(defaults) {\n    cache 30\n}\n. {\n    forward . 9.9.9.9\n    import defaults\n}\n")),
        Good(corefile("corp.example {\n    forward . 10.0.0.53\n}\n")),
        Good(
            corefile(
                ". {\n    cache 30\n    forward . 127.0.0.1:5301\n}\n"
                ".:5301 {\n    forward . tls://9.9.9.9 {\n        tls_servername dns.quad9.net\n    }\n}\n"
            )
        ),
        Good(
            corefile(". {\n    k8s_cache 30\n    forward . 10.0.0.53\n}\n"), other=["missing-errors", "unknown-plugin"]
        ),
        # plugin lines of a block that stands elsewhere
        Good({"log.override": "forward corp.example 10.0.0.53\n"}),
        # one of them is not on this host
        Bad(
            corefile(". {\n    forward . 127.0.0.1:5301 9.9.9.9\n}\n"),
            flags=["forward . 127.0.0.1:5301 9.9.9.9"],
            fixed=". {\n    forward . 127.0.0.1:5301 9.9.9.9\n    cache 30\n}\n",
        ),
        Bad(
            corefile("(up) {\n    forward . 9.9.9.9\n}\ncorp.example . {\n    import up\n}\n"),
            flags=["forward . 9.9.9.9"],
        ),
        Bad(
            corefile(_CLUSTER.replace("cluster.local in-addr.arpa", "10.96.0.0/12 one.local. two.local in-addr.arpa")),
            flags=["forward . 10.0.0.53"],
            fixed=_CLUSTER.replace(
                "cluster.local in-addr.arpa", "10.96.0.0/12 one.local. two.local in-addr.arpa"
            ).replace(
                "    loop\n",
                "    cache 30 {\n        disable success one.local.\n        disable denial one.local.\n    }\n    loop\n",
            ),
            other=["key-of-several-zones"],
        ),
        Good(corefile(". {\n    forward corp.example 10.0.0.53\n}\n")),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        forward = server.get("forward")
        # a plugin of another project may cache too: `k8s_cache`
        if (
            forward is None
            or any("cache" in each.name for each in server.expanded())
            or not server.complete
            or not server.keys
        ):
            return
        upstreams = forward.args[1:]
        if not upstreams or forward.args[0] != "." or all(_LOOPBACK.match(each) for each in upstreams):
            return
        standalone = role_of(cluster.document_of(server)) is Role.STANDALONE
        if standalone and not any(_zone(key) in ("", ".") for key in server.keys):
            return
        if _is_asked_by_another_block(server):
            return
        fix = None
        if forward in server.directives:
            lines = [f"disable {kind} {domain}" for domain in self._domains(server, cluster) for kind in _KINDS]
            corefile = server.corefile
            edit = corefile.insert_block_after(forward, "cache 30", *lines) if lines else None
            fix = Fix("Add `cache 30`", (edit or corefile.insert_after(forward, "cache 30"),))
        yield self.finding(
            forward.head,
            "this server block forwards without `cache`, so every query goes to the upstream",
            help="Add `cache 30`: CoreDNS then answers repeated queries from memory for up to 30 seconds.",
            fix=fix,
        )

    @staticmethod
    def _domains(server: ServerBlock, cluster: Cluster) -> list[str]:
        """The domain whose names the `kubernetes` plugin has in memory anyway, where `cache` can leave it out."""
        if not is_cluster_block(server) or not keyword_known("cache", "disable", cluster.coredns_version_for(server)):
            return []
        kubernetes = server.get("kubernetes")
        zones = kubernetes.args if kubernetes is not None else []
        return [str(zone) for zone in zones if not zone.rstrip(".").endswith(".arpa") and "/" not in zone][:1]


def _zone(key: str) -> str:
    return _PORT.sub("", key.rpartition("://")[2])


def _is_asked_by_another_block(server: ServerBlock) -> bool:
    """Whether a block of the same file forwards to the port of this one on loopback, and so stands in front of it."""
    ports = {found.group()[1:] for key in server.keys if (found := _PORT.search(key))}
    asked = _asked_on_loopback(server.corefile)
    return any(other is not server for port in ports for other in asked.get(port, ()))


# a file may have many blocks
@lru_cache(maxsize=8)
def _asked_on_loopback(corefile: Corefile) -> dict[str, list[ServerBlock]]:
    """The ports on loopback that server blocks of the file forward to, each with these blocks."""
    asked: dict[str, list[ServerBlock]] = {}
    for block in corefile.servers:
        for forward in block.all("forward"):
            for upstream in forward.args[1:]:
                if _LOOPBACK.match(upstream) and (found := _PORT.search(upstream)):
                    asked.setdefault(found.group()[1:], []).append(block)
    return asked
