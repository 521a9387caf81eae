"""KPL402."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, LateExamples, Rule, Severity, Stop, dump
from kpl.iptables import (
    IPTABLES_SERVICES,
    Ruleset,
    Table,
    endpoint_chain,
    how_often_in_full,
    kube_proxy_rules,
    longest_walk,
    programmed_services,
    service_chain,
)
from kpl.kubeproxy import best_mode

_CHAIN = "KUBE-SERVICES"


def _dump(services: int) -> str:
    """The nat table of a node in iptables mode, as iptables-save prints it: one endpoint for each Service."""
    portals = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES'
    postrouting = "-A KUBE-POSTROUTING"
    requiring = '-m comment --comment "kubernetes service traffic requiring SNAT"'
    last = '"kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
    declared, first, leaves, then = [], [], [], []
    for number in range(services):
        high, low = divmod(number, 250)
        name, pod = f"shop/app-{number}:http", f"10.244.{high}.{low + 1}"
        chain, leaf = service_chain("KUBE-SVC-", name, "tcp"), endpoint_chain(name, "tcp", f"{pod}:8080")
        match = f'-d 10.96.{high}.{low + 1}/32 -p tcp -m comment --comment "{name} cluster IP" -m tcp --dport 80'
        declared += [f":{chain} - [0:0]", f":{leaf} - [0:0]"]
        first.append(f"-A KUBE-SERVICES {match} -j {chain}")
        leaves += [
            f"-A {leaf} -s {pod}/32 -j KUBE-MARK-MASQ",
            f"-A {leaf} -p tcp -m tcp -j DNAT --to-destination {pod}:8080",
        ]
        then += [f"-A {chain} ! -s 10.244.0.0/16 {match} -j KUBE-MARK-MASQ", f"-A {chain} -j {leaf}"]
    lines = [
        "*nat",
        *(f":{chain} ACCEPT [0:0]" for chain in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")),
        *(f":KUBE-{chain} - [0:0]" for chain in ("MARK-MASQ", "NODEPORTS", "POSTROUTING", "SERVICES")),
        *declared,
        f"-A PREROUTING {portals}",
        f"-A OUTPUT {portals}",
        '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
        "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
        f"{postrouting} -m mark ! --mark 0x4000/0x4000 -j RETURN",
        f"{postrouting} -j MARK --set-xmark 0x4000/0x0",
        f"{postrouting} {requiring} -j MASQUERADE --random-fully",
        *leaves,
        *first,
        f"-A KUBE-SERVICES -m comment --comment {last} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
        *then,
        "COMMIT",
    ]
    return "\n".join([*lines, ""])


class DataplaneAtScale(Rule):
    """kube-proxy in iptables mode programmed so many rules that new connections pass thousands of comparisons.

    ## Why
    In iptables mode, `KUBE-SERVICES` in the nat table has one rule per Service port. The first packet of every
    connection is compared with these rules one by one, and with all of them if it goes to no Service. A full sync of
    kube-proxy rewrites all of its rules; before Kubernetes 1.28, every sync was a full sync. Amazon EKS names 1,000
    Services as the size at which the latency becomes noticeable. A benchmark by Tigera saw no notable difference
    between the modes with up to 1,000 Services and 10,000 endpoints, which make 32,000 rules. In measurements by the
    Kubernetes project with 5,000 Services, the median first packet in nftables mode was as fast as the fastest 1% in
    iptables mode.

    The rule counts what is in the dump. It reports more Services than the option `services`, and more rules than the
    option `rules`.

    ## Fix
    A dump cannot be fixed: the mode is set in kube-proxy's configuration. The help names a mode that the Kubernetes
    release and the kernel can run (nftables requires Kubernetes 1.31 and Linux 5.13 or later).

    ## References
    - https://kubernetes.io/blog/2025/02/28/nftables-kube-proxy/
    - https://docs.aws.amazon.com/eks/latest/best-practices/nftables.html
    - https://www.tigera.io/blog/comparing-kube-proxy-modes-iptables-or-ipvs/
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL402"
    name = "dataplane-at-scale"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("slow-connections",)
    options = {"services": IPTABLES_SERVICES, "rules": 30_000}
    examples = LateExamples(
        lambda: [
            Bad(dump(_dump(1001)), flags=[":KUBE-SERVICES"]),
            Bad(dump(_dump(1001)), {"kubernetes": "1.29", "kernel": "5.4"}, flags=[":KUBE-SERVICES"]),
            Bad(dump(_dump(1001)), {"kubernetes": "1.36", "kernel": "4.18"}, flags=[":KUBE-SERVICES"]),
            Good(dump(_dump(1000))),
            Good(dump(_dump(3))),
        ]
    )

    def check(self, ruleset: Ruleset, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.named("nat"):
            if _CHAIN not in nat.chains:
                continue
            message = self._message(nat, how_often_in_full(cluster.kubernetes_version))
            if message:
                best = best_mode(cluster.kubernetes_version, cluster.facts.kernel)
                yield self.finding(
                    nat.declaration(_CHAIN),
                    message,
                    help=f"Update the kernel of the nodes: {best.reason}."
                    if best.mode == "iptables"
                    else f"Set `mode: {best.mode}` in kube-proxy's configuration: {best.reason}.",
                )

    def _message(self, nat: Table, partial: str) -> str:
        rules = kube_proxy_rules(nat)
        if longest_walk(nat) <= self.option["services"] and rules <= self.option["rules"]:
            return ""
        services, walk = len(programmed_services(nat)), longest_walk(nat)
        if services > self.option["services"]:
            return (
                f"`{_CHAIN}` serves {services:,} Services, so the first packet of a connection is compared with up to "
                f"{walk:,} rules and a full sync writes {rules:,} rules into `*nat`{partial}"
            )
        if rules > self.option["rules"]:
            return (
                f"`*nat` has {rules:,} rules for {services:,} Services, and a full sync of kube-proxy writes all of "
                f"them{partial}"
            )
        return ""
