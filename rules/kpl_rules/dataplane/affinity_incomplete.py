"""KPL427."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, branches
from kpl.testing import node_dump
from kpl.words import and_more

_STICKY = (
    '-A KUBE-SVC-YAKDRQAFFUODADJ7 -m comment --comment "shop/game -> 10.244.2.8:7000" -m recent --rcheck --seconds 10800 --reap '
    "--name KUBE-SEP-FWTBSCUQANFXTLL2 --mask 255.255.255.255 --rsource -j KUBE-SEP-FWTBSCUQANFXTLL2\n"
)
_SET = "-m recent --set --name KUBE-SEP-FWTBSCUQANFXTLL2 --mask 255.255.255.255 --rsource "


class AffinityIncomplete(Rule):
    """Session affinity works for only some endpoints of a Service, so clients move between endpoints.

    ## Why
    With `sessionAffinity: ClientIP`, kube-proxy writes two rules for each endpoint. The endpoint's chain stores the
    client address in its own list (`-m recent --set`). The Service's chain checks all lists (`--rcheck`), with the same
    number of seconds, before it chooses an endpoint. If one of the two rules is missing, or `--rcheck` reads a
    different list than the one that the endpoint's chain writes, each connection of that endpoint's clients may go to a
    different endpoint.

    The rule checks only complete tables.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#session-affinity
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
    """

    code = "KPL427"
    name = "affinity-incomplete"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(node_dump().replace(_STICKY, "")), flags=["KUBE-SEP-FWTBSCUQANFXTLL2"]),
        Bad(dump(node_dump().replace(_STICKY, _STICKY.replace("10800", "60"))), flags=["60"]),
        Bad(dump(node_dump().replace(_SET, "")), flags=["KUBE-SEP-FWTBSCUQANFXTLL2"]),
        Good(dump(_STICKY)),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        sticky = {shape for shape in set(nat.shapes) if any(name == "--rcheck" for name, _, _ in shape.options)}
        if not sticky:
            return
        rows = [
            row for row, shape in enumerate(nat.shapes) if shape in sticky and nat.target[row].startswith("KUBE-SEP-")
        ]
        lists = list(nat.values("--name", rows))
        seconds = list(nat.values("--seconds", rows))
        asked: dict[str, set[str]] = {}
        timeouts: dict[str, list[str | None]] = {}
        for row, timeout in zip(rows, seconds, strict=True):
            asked.setdefault(nat.chain[row], set()).add(nat.target[row])
            timeouts.setdefault(nat.chain[row], []).append(timeout)
        usual = {chain: Counter(each).most_common(1)[0][0] for chain, each in timeouts.items()}
        spread = branches(nat)
        not_asked = [row for chain in asked for row in spread.get(chain, ()) if nat.target[row] not in asked[chain]]
        reached = {chain: {nat.target[row] for row in spread.get(chain, ())} for chain in asked}
        not_spread = [row for row in rows if nat.target[row] not in reached[nat.chain[row]]]
        uneven = [row for row, each in zip(rows, seconds, strict=True) if each != usual[nat.chain[row]]]
        stray = [row for row, name in zip(rows, lists, strict=True) if name != nat.target[row]]
        for found, option, what in (
            (
                not_asked,
                "",
                "`{}`{} has no `--rcheck` rule in the Service's chain, so its clients move to other endpoints",
            ),
            (
                not_spread,
                "",
                "`{}`{} has a `--rcheck` rule but no other rule that leads to it, so it gets no new clients",
            ),
            (
                uneven,
                "--seconds",
                (
                    "`{}`{} has a different `--rcheck` timeout than the Service's other endpoints, so it keeps clients "
                    "for a different time"
                ),
            ),
            (
                stray,
                "--name",
                "this rule leads to `{}`{} but checks another list, so clients do not stay with the endpoint",
            ),
            (
                self._forgetful(nat, rows),
                "",
                "`{}`{} has no `--set` rule, so it does not store its clients and they move to other endpoints",
            ),
        ):
            if found:
                more = and_more(len(found) - 1, "endpoint")
                yield self.finding_of_many(
                    (nat.option_span(row, option) for row in found),
                    what.format(nat.target[found[0]], more),
                    "same problem here",
                    help="Restart kube-proxy on this node: its first sync rewrites all rules.",
                )

    def _forgetful(self, nat: Table, rows: list[int]) -> list[int]:
        """The rules that ask the list of a chain which does not keep it."""
        remembering = {shape for shape in set(nat.shapes) if any(name == "--set" for name, _, _ in shape.options)}
        return [
            row
            for row in rows
            if nat.target[row] in nat.rules_of
            and not any(nat.shapes[each] in remembering for each in nat.rules_of[nat.target[row]])
        ]
