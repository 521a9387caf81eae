"""KPL438."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table
from kpl.testing import node_dump
from kpl_rules.dataplane._pods import are_apart, covers, pod_network_of


def _with(rules: str) -> str:
    return node_dump().replace("-A KUBE-EXT-3R55", f"{rules}-A KUBE-EXT-3R55", 1)


_PODS = "10.244.0.0/16"


class PodsMasqueradedForPods(Rule):
    """A rule masquerades connections between pods, so pods and network policies see a node's address.

    ## Why
    Connections between pods keep their source address; only what leaves the pod network, and what kube-proxy marks, must
    be masqueraded. A rule in `POSTROUTING` that somebody added for the internet access of pods, without an exception for
    the pod network, also masquerades connections from pod to pod: NetworkPolicies that select the client by its labels
    drop them, and logs show the address of a node.

    The rule reports `MASQUERADE` and `SNAT` in `POSTROUTING` itself if the rule matches the complete pod network of
    kube-proxy's rules as source and as destination. It is silent if the rule has other conditions, such as an interface
    or a mark, and if an earlier rule spares the pod network.

    ## Fix
    A dump cannot be fixed. Add the pod network as an exception: `! -d 10.244.0.0/16`.

    ## References
    - https://kubernetes.io/docs/concepts/cluster-administration/networking/
    - https://kubernetes.io/docs/tasks/administer-cluster/ip-masq-agent/
    - https://github.com/projectcalico/calico/issues/6235
    """

    code = "KPL438"
    name = "pods-masqueraded-for-pods"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("client-address-lost",)
    needs = "Ruleset"
    examples = [
        Bad(
            dump(_with("-A POSTROUTING ! -d 192.0.2.0/24 -m addrtype ! --dst-type LOCAL -j MASQUERADE\n")),
            flags=["MASQUERADE"],
            says=["this rule masquerades connections from pods to pods (`10.244.0.0/16`)"],
        ),
        Bad(dump(_with("-A POSTROUTING -j MASQUERADE\n")), flags=["MASQUERADE"]),
        Bad(dump(_with(f"-A POSTROUTING -s {_PODS} -j MASQUERADE --random-fully\n")), flags=["MASQUERADE"]),
        Bad(dump(_with("-A POSTROUTING -s 10.0.0.0/8 -j SNAT --to-source 192.0.2.1\n")), flags=["SNAT"]),
        Good(dump(_with(f"-A POSTROUTING -s {_PODS} ! -d {_PODS} -j MASQUERADE\n"))),
        Good(dump(_with(f"-A POSTROUTING ! -s {_PODS} -j MASQUERADE\n"))),
        Good(dump(_with("-A POSTROUTING ! -d 10.0.0.0/8 -j MASQUERADE\n"))),
        Good(dump(_with("-A POSTROUTING -d 192.0.2.0/24 -j MASQUERADE\n"))),
        Good(dump(_with("-A POSTROUTING -s 10.244.3.0/24 -j MASQUERADE\n"))),
        # where packets leave the node is not known
        Good(dump(_with(f"-A POSTROUTING -s {_PODS} -o eth0 -j MASQUERADE\n"))),
        Good(dump(_with("-A POSTROUTING -m mark --mark 0x2000/0x2000 -j MASQUERADE\n"))),
        # as older releases of flannel write it
        Good(
            dump(
                _with(
                    f"-A POSTROUTING -s {_PODS} -d {_PODS} -j RETURN\n-A POSTROUTING -s {_PODS} ! -d 224.0.0.0/4 -j MASQUERADE\n"
                )
            )
        ),
        Good(
            dump(_with("-A POSTROUTING -j MASQUERADE\n").replace(f"! -s {_PODS} ", "")),
            other=["every-client-masqueraded"],
        ),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            pods = pod_network_of(nat)
            if pods is None:
                continue
            for row in nat.rules_of.get("POSTROUTING", ()):
                target = nat.target[row]
                if target in ("RETURN", "ACCEPT"):
                    break
                if target in ("MASQUERADE", "SNAT") and _takes_pods(nat, row, pods):
                    yield self.finding(
                        nat.target_span(row),
                        f"this rule masquerades connections from pods to pods (`{pods}`) too, so pods and network "
                        "policies see the address of a node instead of the client's",
                        help=f"Add `! -d {pods}` to the rule.",
                    )


_FREE = ("-m", "--comment", "--dst-type", "--random-fully", "--random", "--to-source")


def _takes_pods(nat: Table, row: int, pods: str) -> bool:
    """Whether a rule matches all packets from pods to pods of other nodes."""
    address, _, length = pods.partition("/")
    for option in nat.entry(row).options:
        value = option.values[0] if option.values else ""
        if option.name in ("-s", "-d"):
            if not (are_apart(value, pods) if option.negated else covers(value, address, int(length))):
                return False
        elif option.name not in _FREE or (option.name == "--dst-type" and (value != "LOCAL" or not option.negated)):
            return False
    return True
