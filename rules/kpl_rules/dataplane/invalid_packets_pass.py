"""KPL497."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Profile, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset
from kpl.testing import node_dump

_CHAIN = "KUBE-FORWARD"
_RULE = (
    "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP\n"
)


class InvalidPacketsPass(Rule):
    """Packets in the state INVALID are not dropped, so they reset connections unless the kernel tolerates them.

    ## Why
    A packet that arrives outside the window that conntrack expects is `INVALID`, and the kernel does not translate it
    back. The client receives a packet from a pod that it never connected to, and resets the connection. `KUBE-FORWARD`
    therefore drops such packets. In Kubernetes 1.29 and later, kube-proxy omits this rule if
    `nf_conntrack_tcp_be_liberal` is 1 when it starts, because the kernel then never treats such packets as invalid.
    Without the rule and without the sysctl, long transfers end with `connection reset by peer`.

    The rule is in the profile `strict`, because a dump does not show the sysctl.

    ## Fix
    A dump cannot be fixed. Check `sysctl net.netfilter.nf_conntrack_tcp_be_liberal` on the node: 1 is fine. If it is 0,
    restart kube-proxy.

    ## References
    - https://kubernetes.io/blog/2019/03/29/kube-proxy-subtleties-debugging-an-intermittent-connection-reset/
    - https://github.com/kubernetes/kubernetes/issues/117924
    - https://github.com/kubernetes/kubernetes/blob/v1.29.0/pkg/proxy/iptables/proxier.go
    """

    code = "KPL497"
    name = "invalid-packets-pass"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    profile = Profile.STRICT
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(node_dump().replace(_RULE, "")), flags=[":KUBE-FORWARD"]),
        Good(dump(node_dump())),
        Good(dump(node_dump().replace(" -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts", ""))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            table = tables.get("filter")
            rows = table.rules_of.get(_CHAIN, []) if table is not None else []
            if table is None or not rows or _CHAIN not in table.chains:
                continue
            if not any("INVALID" in (state or "") for state in table.values("--ctstate", rows)):
                yield self.finding(
                    table.declaration(_CHAIN),
                    f"`{_CHAIN}` does not drop packets in the state INVALID, so they reset connections unless "
                    "`nf_conntrack_tcp_be_liberal` is 1 on the node",
                    help="Check `sysctl net.netfilter.nf_conntrack_tcp_be_liberal` on the node. If it is 0, restart "
                    "kube-proxy.",
                )
