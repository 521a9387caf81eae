"""KPL403."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, per_service
from kpl.testing import node_dump
from kpl.words import and_more

_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_SVC = "KUBE-SVC-I5LIAMPLWKMBJ54B"
_EMPTIED = "".join(line for line in node_dump().splitlines(True) if not line.startswith(f"-A {_SVC}"))
_ENDPOINTS = [f"KUBE-SEP-{each}" for each in ("27VOFYQ7SVOL37XI", "AMR2WC2UN4JI25DA", "D6PPDDRHTZSFOGTV")]


class EmptyServiceChain(Rule):
    """A rule jumps to the empty chain of a Service or endpoint, so connections are not translated and fail.

    ## Why
    kube-proxy declares the chains of a Service port (`KUBE-SVC-`, `KUBE-SVL-`, `KUBE-EXT-`, `KUBE-FW-`, `KUBE-SEP-`)
    and fills them in one `iptables-restore` transaction, so another program flushed an empty chain. A packet that
    enters it returns untranslated and continues to the cluster IP itself, which no host has. In Kubernetes 1.28 and
    later, kube-proxy rewrites the rules of a Service when the Service or its endpoints change, and all rules about once
    an hour.

    The rule checks only tables that are complete from their header to `COMMIT`.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync. Then find out which program
    flushes chains that begin with `KUBE-`.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL403"
    name = "empty-service-chain"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
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
                f"`{empty[0]}`{more} is empty, so connections that rules send to it are not translated and fail",
                "also empty",
                help="Restart kube-proxy on this node: its first sync rewrites all chains. Then find out which "
                "program flushed them.",
            )
