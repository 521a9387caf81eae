"""KPL431."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, per_service
from kpl.testing import node_dump
from kpl.words import and_more

_OWN = frozenset(
    (
        "KUBE-SERVICES",
        "KUBE-EXTERNAL-SERVICES",
        "KUBE-NODEPORTS",
        "KUBE-POSTROUTING",
        "KUBE-MARK-MASQ",
        "KUBE-MARK-DROP",
        "KUBE-FIREWALL",
        "KUBE-FORWARD",
        "KUBE-PROXY-FIREWALL",
    )
)
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_FIREWALL = (
    '-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 '
    "-j DROP\n"
)
_SMALL = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-FIREWALL - [0:0]\n"
    f"-A INPUT -j KUBE-FIREWALL\n-A OUTPUT -j KUBE-FIREWALL\n{_FIREWALL}"
)
_HOOK = '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n'


class DuplicateRule(Rule):
    """A chain has the same kube-proxy or kubelet rule twice, so some program adds it again and again.

    ## Why
    kubelet and kube-proxy check whether a rule exists before they add it, and kube-proxy writes its chains as one unit,
    so a healthy node never has one of their rules twice. iptables 1.8.1 and 1.8.2 did not recognize rules that others
    had written: kubelet added the same `KUBE-FIREWALL` rule every minute, up to thousands of rules that every packet of
    the node is compared with. Other causes are two kube-proxies, and scripts that restore saved rules with `--noflush`.

    The rule checks only complete tables. It ignores the `KUBE-FW-` chains of kube-proxy 1.23 and earlier, which repeat
    their rules for every address of a load balancer.

    ## Fix
    A dump cannot be fixed. Update iptables on the node and in the images, and delete the duplicate rules.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/82361
    - https://github.com/kubernetes/kubernetes/issues/76431
    """

    code = "KPL431"
    name = "duplicate-rule"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(f"{_SMALL}{_FIREWALL}{_FIREWALL}COMMIT\n"), flags=["DROP"]),
        Bad(dump(node_dump().replace(_HOOK, _HOOK + _HOOK)), flags=["KUBE-SERVICES"]),
        Good(dump(f"{_SMALL}COMMIT\n")),
        # rules of others
        Good(dump(f"*filter\n:INPUT ACCEPT [0:0]\n{2 * '-A INPUT -j ACCEPT%'}COMMIT\n".replace("%", "\n"))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            for table in tables.values():
                yield from self._in(table)

    def _in(self, table: Table) -> Iterator[Finding]:
        newer = any(chain.startswith("KUBE-EXT-") for chain in table.chains)  # Kubernetes 1.24 or newer
        repeated = sorted(
            again
            for target, rows in table.jumps_to.items()
            if len(rows) > 1 and len({table.chain[row] for row in rows}) < len(rows)
            for chain, alike in _by_chain(table, rows).items()
            if (newer or per_service(chain) != "FW") and _is_ours(chain, target)
            for again in _repeated(table, alike)
        )
        if repeated:
            chain = table.chain[repeated[0]]
            more = and_more(len(repeated) - 1, "rule")
            yield self.finding_of_many(
                (table.target_span(row) for row in repeated),
                f"`{chain}` already has this rule{more}, so some program adds it again and again",
                "also a duplicate",
                help="Delete the duplicates (`iptables -D`). Make sure that iptables on the node and in the images "
                "is not 1.8.1 or 1.8.2, and that only one kube-proxy runs.",
            )


def _is_ours(chain: str, target: str) -> bool:
    return chain in _OWN or target in _OWN or per_service(chain) is not None


def _by_chain(table: Table, rows: list[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(table.chain[row], []).append(row)
    return {chain: each for chain, each in found.items() if len(each) > 1}


def _repeated(table: Table, rows: list[int]) -> Iterator[int]:
    seen: set[str] = set()
    for row in rows:
        text = table.rule(row)
        if text in seen:
            yield row
        seen.add(text)
