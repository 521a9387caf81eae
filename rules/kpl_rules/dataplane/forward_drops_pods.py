"""KPL437."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Confidence, Finding, Good, Rule, Severity, Span, Stop, dump
from kpl.iptables import Ruleset, chains_leading_to
from kpl.testing import node_dump
from kpl_rules.dataplane._pods import accepts_pods, pod_network_of, rule_against_pods

_DROPPING = node_dump().replace(":FORWARD ACCEPT", ":FORWARD DROP")
_FORWARD = "-A FORWARD -m conntrack --ctstate NEW"
_DOCKER = (
    "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
    "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n-A FORWARD -i br-0123456789ab -j ACCEPT\n"
)


def _with(rules: str, text: str = _DROPPING) -> str:
    return text.replace(_FORWARD, rules + _FORWARD, 1)


class ForwardDropsPods(Rule):
    """The policy of `FORWARD` drops the traffic of pods, so pods do not reach pods on other nodes.

    ## Why
    Docker 1.13 and later and many firewalls set the policy of `FORWARD` to `DROP`. kube-proxy accepts in `KUBE-FORWARD`
    only packets that it marked for masquerading, and packets of established connections. The first packet from a pod
    to a pod on another node has no mark. Network plug-ins add rules for it (`FLANNEL-FWD`, `cali-FORWARD`,
    `CILIUM_FORWARD`); without them, the policy drops it, and pods cannot resolve names whose DNS pods are on other
    nodes.

    The rule reports a complete filter table in which no rule that packets of `FORWARD` can come to accepts new
    connections of pods. It takes the pod network from kube-proxy's rules, and ignores what is only for the bridges of
    Docker, libvirt and LXD. It is silent about a rule that it cannot judge.

    ## Fix
    A dump cannot be fixed. Restart the pod of the network plug-in on the node, or accept the pod network, such as
    `iptables -A FORWARD -s 10.244.0.0/16 -j ACCEPT`, and the same with `-d`.

    ## References
    - https://docs.docker.com/engine/network/packet-filtering-firewalls/
    - https://github.com/kubernetes/kubernetes/issues/108718
    - https://github.com/flannel-io/flannel/blob/master/Documentation/troubleshooting.md (Firewalls)
    """

    code = "KPL437"
    name = "forward-drops-pods"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset"
    examples = [
        Bad(
            dump(_DROPPING),
            flags=[":FORWARD DROP"],
            says=["no rule accepts new connections of the pod network `10.244.0.0/16`"],
        ),
        Good(dump(node_dump())),
        # for the bridges of others
        Bad(dump(_with(_DOCKER)), flags=[":FORWARD DROP"]),
        Good(dump(_with("-A FORWARD -i cni0 -j ACCEPT\n"))),
        Good(dump(_with("-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n"))),
        Good(dump(_with("-A FORWARD -d 10.0.0.0/8 -j ACCEPT\n"))),
        Bad(dump(_with("-A FORWARD -s 192.168.0.0/16 -j ACCEPT\n")), flags=[":FORWARD DROP"]),
        Good(dump(_with("-A FORWARD ! -s 192.168.0.0/16 -j ACCEPT\n"))),
        Good(dump(_with("-A FORWARD -s 10.244.7.0/24 -j ACCEPT\n"))),
        Good(dump(_with("-A FORWARD -m mark --mark 0x10000/0x10000 -j ACCEPT\n"))),
        Good(dump(_with("-A FORWARD -j NFQUEUE --queue-num 0\n"))),
        # for the Services alone, and for pings
        Good(dump(_with("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT\n"))),
        Bad(dump(_with("-A FORWARD -p icmp -j ACCEPT\n")), flags=[":FORWARD DROP"]),
        # the pods' network is not known
        Good(dump(_DROPPING.replace("! -s 10.244.0.0/16 ", "")), other=["every-client-masqueraded"]),
        # another rule speaks of what is missing here
        Good(
            dump(re.sub(r"-A FORWARD .*-j KUBE-FORWARD\n", "", _DROPPING)),
            other=["forward-drops-services", "services-not-hooked", "kube-proxy-not-hooked"],
        ),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            nat, filtered = tables.get("nat"), tables.get("filter")
            if nat is None or filtered is None or filtered.policies.get("FORWARD") != "DROP":
                continue
            pods = pod_network_of(nat)
            if pods is None or "FORWARD" not in chains_leading_to(filtered, "KUBE-FORWARD"):
                continue
            if accepts_pods(filtered, pods) or rule_against_pods(filtered, pods) is not None:
                continue
            span = filtered.declaration("FORWARD")
            yield self.finding(
                Span(span.start, span.end + len(" DROP")),
                f"`FORWARD` has the policy `DROP` and no rule accepts new connections of the pod network `{pods}`, so "
                "pods of this node do not reach pods on other nodes",
                help=f"Restart the network plug-in on this node. Or accept what is from and to `{pods}` in `FORWARD`.",
                confidence=Confidence.MEDIUM,
            )
