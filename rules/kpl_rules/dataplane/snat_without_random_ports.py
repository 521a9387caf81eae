"""KPL433."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Profile, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset
from kpl.testing import node_dump

_RULE = '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE'


class SnatWithoutRandomPorts(Rule):
    """Masqueraded connections get the next free source port, not a random one, so two at once can lose a packet.

    ## Why
    Two connections that are masqueraded at the same moment can get the same source port. The kernel then drops one of
    the two packets, and the client sends it again a second later, or five seconds later for a DNS query
    (`insert_failed` in `conntrack -S` counts these packets). `--random-fully` makes this rare. kubelet, and kube-proxy
    1.16 and later, write it if their `iptables` supports it (1.6.2 and later).

    The rule is in the profile `strict`, because the option is missing in every image with an old `iptables`, and on
    most nodes this does no harm.

    ## Fix
    A dump cannot be fixed. Use images of kube-proxy and kubelet with iptables 1.6.2 or later.

    ## References
    - https://github.com/kubernetes/kubernetes/pull/78547
    - https://tech.new-work.se/a-reason-for-unexplained-connection-timeouts-on-kubernetes-docker-abd041cf7e02
    - https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
    """

    code = "KPL433"
    name = "snat-without-random-ports"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    profile = Profile.STRICT
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(f"{_RULE}\n"), flags=["MASQUERADE"]),
        Bad(dump(node_dump().replace(" --random-fully", "")), flags=["MASQUERADE"]),
        Good(dump(f"{_RULE} --random-fully\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name not in ("nat", "") or ruleset.shapes_exploded:
                continue
            for row in table.rules_of.get("KUBE-POSTROUTING", ()):
                if table.target[row] == "MASQUERADE" and not any(
                    name == "--random-fully" for name, _, _ in table.shapes[row].options
                ):
                    yield self.finding(
                        table.target_span(row),
                        "masquerading without `--random-fully` takes the next free source port, so two connections "
                        "at once can lose a packet",
                        help="Use images of kube-proxy and kubelet with iptables 1.6.2 or later.",
                    )
                    break
