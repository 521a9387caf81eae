"""KPL403."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Ruleset, Severity, Stop, Table, and_more, dump, per_service
from kpl.testing import node_dump

_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_SVC = "KUBE-SVC-I5LIAMPLWKMBJ54B"
_EMPTIED = "".join(line for line in node_dump().splitlines(True) if not line.startswith(f"-A {_SVC}"))
_ENDPOINTS = [f"KUBE-SEP-{each}" for each in ("27VOFYQ7SVOL37XI", "AMR2WC2UN4JI25DA", "D6PPDDRHTZSFOGTV")]


class EmptyServiceChain(Rule):
    """The chain of a Service or of an endpoint is empty although a rule leads to it, so connections are not translated.

    ## Why
    kube-proxy declares the chains of a Service port (`KUBE-SVC-`, `KUBE-SVL-`, `KUBE-EXT-`, `KUBE-FW-`, `KUBE-SEP-`)
    and fills them in one transaction of `iptables-restore`. One that is empty was flushed by something else. A packet
    that enters it comes back untranslated and goes on to the cluster IP itself, which no host has. From
    Kubernetes 1.28 on kube-proxy rewrites the rules of a Service when the Service or its endpoints change, and all of them
    about once an hour.

    Only whole tables are looked at, from their header to `COMMIT`.

    ## Fix
    There is none in a dump. Restart kube-proxy on the node (it starts with a full sync), and find out what flushes
    chains that begin with `KUBE-`.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL403"
    name = "empty-service-chain"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(
            dump(
                f"*nat\n{_BUILT_IN}:KUBE-NODEPORTS - [0:0]\n:{_SVC} - [0:0]\n"
                '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/cart:http" -m tcp --dport 30080 '
                f"-j {_SVC}\nCOMMIT\n"
            ),
            flags=[f":{_SVC}"],
        ),
        Bad(dump(_EMPTIED), flags=[f":{_SVC}"], other=["stale-service-chain"]),
        Good(dump(f"*nat\n:{_SVC} - [0:0]\n-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j {_SVC}\nCOMMIT\n")),
        Good(dump(node_dump())),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        empty = [
            chain
            for chain in nat.chains
            if chain not in nat.rules_of and chain in nat.jumps_to and per_service(chain) is not None
        ]
        if empty:
            more = and_more(len(empty) - 1, "chain")
            yield self.finding_of_many(
                (nat.declaration(chain) for chain in empty),
                f"`{empty[0]}` is empty{more}: what rules hand to it is not translated and goes nowhere",
                "empty as well",
                help="Restart kube-proxy on this node: its first sync writes all chains anew. Then look for what flushed "
                "them.",
            )
