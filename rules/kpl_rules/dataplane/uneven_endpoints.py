"""KPL406."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, branches
from kpl.testing import node_dump
from kpl.words import and_more

_TOLERANCE = 1e-5
"""Up to Kubernetes 1.16 kube-proxy wrote five digits; the kernel keeps 31 bits."""
_LAST = '-A KUBE-SVC-I5LIAMPLWKMBJ54B -m comment --comment "shop/cart:http -> 10.244.2.7:8080" '
_HALF = "-m statistic --mode random --probability 0.50000000000 "
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_SVC = "KUBE-SVC-TCOU7JCQXEZGVUNU"
_TWO = ("KUBE-SEP-AAAAAAAAAAAAAAAA", "KUBE-SEP-BBBBBBBBBBBBBBBB")


def _nat(first: str, second: str) -> str:
    endpoints = "".join(
        f"-A {chain} -s 10.244.0.{number}/32 -j KUBE-MARK-MASQ\n"
        f"-A {chain} -p udp -m udp -j DNAT --to-destination 10.244.0.{number}:53\n"
        for number, chain in enumerate(_TWO, 1)
    )
    chains = "".join(f":{chain} - [0:0]\n" for chain in ("KUBE-MARK-MASQ", "KUBE-NODEPORTS", *_TWO, _SVC))
    return (
        f"*nat\n{_BUILT_IN}{chains}-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
        f"-A KUBE-NODEPORTS -p udp -m udp --dport 30053 -j {_SVC}\n"
        f"{endpoints}-A {_SVC} {first}-j {_TWO[0]}\n-A {_SVC} {second}-j {_TWO[1]}\nCOMMIT\n"
    )


class UnevenEndpoints(Rule):
    """The probabilities of a Service's endpoints are uneven, so some endpoints get too much traffic or none.

    ## Why
    In iptables mode, the rules of a Service's chain are tried one after the other. With n endpoints, the first matches
    with probability 1/n, the next with 1/(n-1), and the last has no condition. If a rule is lost, duplicated or
    changed, or an endpoint occurs twice, the distribution is uneven. Rules after one without a probability are never
    reached. If the last rule has a probability, a share of the connections leaves the chain untranslated and fails.

    The rule checks only complete tables. Probabilities may differ by 0.00001, because kube-proxy wrote only five digits
    in Kubernetes 1.16 and earlier.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync. Then take the dump again.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
    """

    code = "KPL406"
    name = "uneven-endpoints"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("uneven-load",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_nat("-m statistic --mode random --probability 0.33333333349 ", "")), flags=["0.33333333349"]),
        Bad(dump(_nat(_HALF, _HALF)), flags=["0.50000000000"], severities=[Severity.ERROR]),
        # the second is never reached
        Bad(dump(_nat("", "")), flags=[_TWO[0]]),
        Bad(
            dump("".join(each for each in node_dump().splitlines(True) if not each.startswith(_LAST))),
            flags=["0.50000000000"],
            other=["stale-service-chain"],
            severities=[Severity.ERROR],
        ),
        Good(dump(_nat(_HALF, ""))),
        Good(dump(_nat("", "").replace("COMMIT\n", ""))),
        # what a person wrote with four digits is not what kube-proxy writes
        Bad(dump(_nat("-m statistic --mode random --probability 0.50010000000 ", "")), flags=["0.50010000000"]),
        # the kernel rounds: 31 bits
        Good(dump(_nat("-m statistic --mode random --probability 0.50000099993 ", ""))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        uneven, open_ended = [], []
        even: dict[int, list[str]] = {}
        for chain, rows in branches(nat).items():
            count = len(rows)
            if count not in even:
                even[count] = _even_spread(count)
            if len({nat.target[row] for row in rows}) < count:
                uneven.append(rows[0])
                continue
            starts = [f"-A {chain} {rule}" for rule in even[count]]
            if all(map(nat.text.startswith, starts, map(nat.offsets.__getitem__, rows))):
                continue
            shares = [_number(value) for value in nat.values("--probability", rows)]
            if shares[-1] is not None:
                open_ended.append(rows[-1])
                continue
            wrong = (
                row
                for left, row, share in zip(range(count, 1, -1), rows, shares, strict=False)
                if share is None or abs(share - 1 / left) > _TOLERANCE
            )
            uneven += [row] if (row := next(wrong, None)) is not None else []
        if open_ended:
            more = and_more(len(open_ended) - 1, "chain")
            yield self.finding_of_many(
                (nat.option_span(row, "--probability") for row in open_ended),
                f"the last endpoint of `{nat.chain[open_ended[0]]}`{more} has a probability, so a share of the "
                "connections is not translated and fails",
                "the last rule of this chain also has a probability",
                help=_HELP,
                severity=Severity.ERROR,
            )
        if uneven:
            more = and_more(len(uneven) - 1, "chain")
            yield self.finding_of_many(
                (nat.option_span(row, "--probability") for row in uneven),
                f"`{nat.chain[uneven[0]]}`{more} has uneven probabilities, because a rule was lost, duplicated or "
                "changed, so some endpoints get too much traffic or none",
                "also uneven",
                help=_HELP,
            )


_HELP = "Restart kube-proxy on this node: its first sync rewrites all chains. Then find out what changed its rules."


def _even_spread(count: int) -> list[str]:
    """How rules go on behind their chain that spread evenly over `count` endpoints and have no comments.

    iptables-save prints eleven digits, kube-proxy writes ten, and the kernel keeps 31 bits of them.
    """
    shares = (round(round(1 / left, 10) * 2**31) / 2**31 for left in range(count, 1, -1))
    random = (f"-m statistic --mode random --probability {share:.11f} -j KUBE-SEP-" for share in shares)
    return [*random, "-j KUBE-SEP-"]


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return 0.0
