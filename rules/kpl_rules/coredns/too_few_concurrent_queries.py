"""KPL253."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive
from kpl.words import whole_number
from kpl_rules.coredns._kubeadm import KUBEADM

_LEAST = 100
_GOOD = 1000


class TooFewConcurrentQueries(Rule):
    """`max_concurrent` is so small that CoreDNS refuses queries whenever the upstream is slow for a moment.

    ## Why
    `forward` answers REFUSED if `max_concurrent` queries already wait for an upstream. The number that waits is the
    rate of queries times the latency: with 500 queries per second, an upstream that needs 20 milliseconds has 10 of them, and
    one that does not respond for the timeout of 2 seconds has 1,000. Each query takes about 2 KB of memory, so the limit of
    1000 that kubeadm sets costs about 2 MB. The rule reports less than 100.

    ## Fix
    Sets `max_concurrent 1000`. The fix is unsafe, because the limit may protect an upstream.

    ## References
    - https://coredns.io/plugins/forward/ (`max_concurrent`)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/addons/dns/manifests.go
    """

    code = "KPL253"
    name = "too-few-concurrent-queries"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "max_concurrent"
    examples = [
        Bad(
            corefile(KUBEADM.replace("max_concurrent 1000", "max_concurrent 99")),
            flags=["max_concurrent 99"],
            fixed=KUBEADM,
            safe=False,
            says=["at most 99 queries can wait for the upstreams, so CoreDNS answers further ones with REFUSED"],
        ),
        Good(corefile(KUBEADM.replace("max_concurrent 1000", "max_concurrent 100"))),
        Bad(
            corefile(KUBEADM.replace("max_concurrent 1000", "max_concurrent 1")),
            flags=["max_concurrent 1"],
            fixed=KUBEADM,
            safe=False,
        ),
        # no limit
        Good(corefile(KUBEADM.replace("max_concurrent 1000", "max_concurrent 0"))),
        Good(corefile(KUBEADM.replace("max_concurrent 1000", "max_concurrent {$MAX}"))),
        Good(corefile(KUBEADM.replace("max_concurrent 1000", "max_concurrent")), other=["corefile-refused"]),
        Good(
            corefile("lan {\n    errors\n    acme {\n        max_concurrent 5\n    }\n    whoami\n}\n"),
            other=["corefile-refused"],
        ),
    ]

    def check(self, directive: Directive) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "forward":
            return
        for option in directive.all("max_concurrent"):
            number = whole_number(option.args[0]) if option.args else None
            if number is not None and 0 < number < _LEAST:
                yield self.finding(
                    option.span,
                    f"at most {number} queries can wait for the upstreams, so CoreDNS answers further ones with REFUSED",
                    help=f"Set `max_concurrent {_GOOD}`, which takes about 2 MB of memory.",
                    fix=Fix(f"Set `max_concurrent {_GOOD}`", (Edit(*option.args[0].span, str(_GOOD)),), safe=False),
                )
