"""KPL428."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, per_service
from kpl.testing import node_dump
from kpl.words import and_more

_FW = "KUBE-FW-MUJ7T5P6IXY3AYQM"
_DROP = (
    '-A KUBE-PROXY-FIREWALL -d 203.0.113.20/32 -p tcp -m comment --comment "shop/pay traffic not accepted by '
    f'{_FW}" -m tcp --dport 443 -j DROP\n'
)
_COMMENT = re.compile(r" traffic not accepted by (KUBE-FW-[A-Z2-7]{16})$")
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_SMALL = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-PROXY-FIREWALL - [0:0]\n"
    "-A INPUT -j KUBE-PROXY-FIREWALL\n-A FORWARD -j KUBE-PROXY-FIREWALL\n-A OUTPUT -j KUBE-PROXY-FIREWALL\n"
    f"{_DROP}COMMIT\n*nat\n{_BUILT_IN}COMMIT\n"
)


class SourceRangesNotEnforced(Rule):
    """The two parts of `loadBalancerSourceRanges` do not match, so either all clients or none are admitted.

    ## Why
    In Kubernetes 1.25 and later, the source ranges of a load balancer are in two tables. `KUBE-FW-` in the nat table
    translates traffic from the ranges, and a rule of `KUBE-PROXY-FIREWALL` in the filter table drops the traffic that
    was not translated. Without the chain, the rule drops everything. Without the rule, other traffic is not refused
    here and goes where the node routes it.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync.

    ## References
    - https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    """

    code = "KPL428"
    name = "source-ranges-not-enforced"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), flags=['"shop/pay traffic not accepted by KUBE-FW-MUJ7T5P6IXY3AYQM"']),
        Bad(dump(node_dump().replace(_DROP, "")), flags=[f":{_FW}"]),
        Good(dump(_SMALL.replace(f"*nat\n{_BUILT_IN}COMMIT\n", ""))),
        Bad(
            dump(
                _SMALL.replace(
                    "COMMIT\n",
                    _SMALL[_SMALL.index("-A KUBE-PROXY") :].partition("\n")[0].replace("MUJ7", "AAAA") + "\nCOMMIT\n",
                    1,
                )
            ),
            flags=['"shop/pay traffic not accepted by KUBE-FW-MUJ7T5P6IXY3AYQM"'],
            says=["this rule (and 1 more rule) is for a `KUBE-FW-` chain"],
        ),
        Bad(
            dump("".join(line for line in node_dump().splitlines(True) if not line.startswith(f"-A {_FW} -s"))),
            flags=[f":{_FW}"],
            says=[f"`{_FW}` accepts no source, so no client"],
        ),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            if "nat" in tables and "filter" in tables and "KUBE-PROXY-FIREWALL" in tables["filter"].chains:
                yield from self._in(tables["nat"], tables["filter"])

    def _in(self, nat: Table, filtered: Table) -> Iterator[Finding]:
        rows = filtered.rules_of.get("KUBE-PROXY-FIREWALL", [])
        named: dict[str, int] = {}
        for row, comment in zip(rows, filtered.values("--comment", rows), strict=True):
            found = _COMMENT.search(comment or "")
            if found is not None:
                named.setdefault(found[1], row)
        alone = [row for chain, row in named.items() if chain not in nat.chains]
        if alone:
            more = and_more(len(alone) - 1, "rule")
            yield self.finding_of_many(
                (filtered.option_span(row, "--comment") for row in alone),
                f"this rule{more} is for a `KUBE-FW-` chain that `*nat` does not have, so no client reaches the load "
                "balancer",
                "no such chain either",
                help=_HELP,
            )
        closed = [
            chain
            for chain, rows in nat.rules_of.items()
            if chain.startswith("KUBE-FW-") and not any(per_service(nat.target[row]) for row in rows)
        ]
        if closed:
            more = and_more(len(closed) - 1, "chain")
            yield self.finding_of_many(
                (nat.declaration(chain) for chain in closed),
                f"`{closed[0]}`{more} accepts no source, so no client reaches the load balancer",
                "accepts no source either",
                help=_HELP,
            )
        open_chains = [chain for chain in nat.chains if chain.startswith("KUBE-FW-") and chain not in named]
        if open_chains:
            more = and_more(len(open_chains) - 1, "chain")
            yield self.finding_of_many(
                (nat.declaration(chain) for chain in open_chains),
                f"no rule of `KUBE-PROXY-FIREWALL` drops what `{open_chains[0]}`{more} does not accept, so the source "
                "ranges are not enforced",
                "not enforced either",
                help=_HELP,
            )


_HELP = "Restart kube-proxy on this node: its first sync rewrites both tables."
