"""KPL404."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, is_large, per_service, service_chain
from kpl.manifests import cluster_dns_ports
from kpl.testing import node_dump
from kpl.words import and_more
from kpl_rules.dataplane.chains_of_two_releases import newer_release

_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_SVC = "KUBE-SVC-I5LIAMPLWKMBJ54B"
_FORGOTTEN = (
    f"*nat\n{_BUILT_IN}:KUBE-SERVICES - [0:0]\n:{_SVC} - [0:0]\n"
    "-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT\nCOMMIT\n"
).replace(":KUBE-SERVICES - ", ":KUBE-NODE-PORT - [0:0]\n:KUBE-SERVICES - ")
_OLD_FORGOTTEN = _FORGOTTEN.replace("KUBE-SVC", "KUBE-XLB").replace(
    "COMMIT", f"-A {_SVC.replace('SVC', 'XLB')} -j RETURN\nCOMMIT"
)
_EXT = "KUBE-EXT-5332YF6XC6SW2DTE"
_TO_EXT = f"-A KUBE-NODE-PORT -j {_EXT}\n-A {_EXT} -j RETURN\nCOMMIT"
_OLD = "KUBE-XLB-"
_HELP = (
    "Run `kube-proxy --cleanup` on the node if its mode was changed. Otherwise restart kube-proxy, which deletes "
    "unused chains in its next sync, and take the dump again."
)
_HELP_OLD = (
    "Delete the chain or reboot the node if it runs Kubernetes 1.28 or later, whose kube-proxy keeps `KUBE-XLB-` "
    "chains. Earlier versions delete the chain in the next sync."
)
_JUMP = '-A KUBE-SERVICES -d 10.96.10.4/32 -p udp -m comment --comment "shop/game cluster IP" -m udp --dport 7000 '


class StaleServiceChain(Rule):
    """No rule leads to the chain of a Service or endpoint, so it is a leftover or the rule to it is missing.

    ## Why
    kube-proxy deletes the chains of deleted Services and endpoints in the sync that removes the rules that jump to
    them. With more than 1,000 endpoints it deletes them later, and the severity of the finding is info. A chain without
    such a rule belongs to a kube-proxy that no longer maintains it (another mode, another backend, an upgrade), or a
    program deleted the rule and the Service is unreachable from this node.

    The rule checks only complete tables. An empty `KUBE-XLB-` chain is normal before Kubernetes 1.24; KPL422 reports
    those that an upgrade left. If `KUBE-SERVICES` leads to other Services but not to the cluster DNS, the finding is an
    error, because no pod can resolve names. Empty leftovers have the severity info: they cost nothing, but mislead
    readers of the rules.

    ## Fix
    A dump cannot be fixed. After a change of the mode, run `kube-proxy --cleanup` on the node or reboot it. Otherwise
    restart kube-proxy and compare.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/
    """

    code = "KPL404"
    name = "stale-service-chain"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(_FORGOTTEN), flags=[f":{_SVC}"], severities=[Severity.INFO]),
        # the rule to it is lost
        Bad(
            dump("".join(line for line in node_dump().splitlines(True) if not line.startswith(_JUMP))),
            flags=[":KUBE-SVC-YAKDRQAFFUODADJ7"],
            other=["cluster-ip-masquerade"],
        ),
        Bad(dump(_OLD_FORGOTTEN), flags=[_OLD_FORGOTTEN[_OLD_FORGOTTEN.index(":KUBE-XLB") :].split()[0]]),
        # KPL422 tells of it
        Good(dump(_OLD_FORGOTTEN), {"kubernetes": "1.30"}, other=["chains-of-two-releases"]),
        Good(
            dump(_OLD_FORGOTTEN.replace(":KUBE-XLB", f":{_EXT} - [0:0]\n:KUBE-XLB").replace("COMMIT", _TO_EXT)),
            other=["chains-of-two-releases"],
        ),
        # up to Kubernetes 1.23
        Good(dump(_FORGOTTEN.replace("KUBE-SVC", "KUBE-XLB"))),
        Good(dump(_FORGOTTEN.replace(_BUILT_IN, ""))),
    ]

    def check(self, ruleset: Ruleset, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat, cluster)

    def _in(self, nat: Table, cluster: Cluster) -> Iterator[Finding]:
        unreached = nat.chains.keys() - nat.jumps_to.keys()
        stale = [
            chain
            for chain in nat.chains
            if chain in unreached and (kind := per_service(chain)) and (kind != "XLB" or chain in nat.rules_of)
        ]
        if any(chain.startswith(_OLD) for chain in stale) and newer_release(nat, cluster):
            stale = [chain for chain in stale if not chain.startswith(_OLD)]
        if not stale:
            return
        filled = [chain for chain in stale if chain in nat.rules_of]
        dns = [chain for chain in filled if chain in _dns_chains()] if _is_in_use(nat) else []
        first = (dns or filled or stale)[0]
        counted = and_more(len(stale) - 1, "chain")
        told = (
            f"`{first}` of `{_dns_chains()[first]}`"
            if dns
            else f"`{first}`"
            if filled
            else f"the empty chain `{first}`"
        )
        yield self.finding_of_many(
            (nat.declaration(chain) for chain in [first, *(each for each in stale if each != first)]),
            f"no rule leads to {told}{counted}, so it is a leftover "
            + ("or the rule to it is missing" if filled else "of another mode or of a flush"),
            "no rule leads here either",
            help=_HELP_OLD if any(chain.startswith(_OLD) for chain in stale) else _HELP,
            severity=Severity.INFO if not filled or is_large(nat) else Severity.ERROR if dns else None,
        )


def _is_in_use(nat: Table) -> bool:
    """Whether `KUBE-SERVICES` leads to other Services, so that a chain without a way to it is no leftover of another mode."""
    return any(per_service(nat.target[row]) for row in nat.rules_of.get("KUBE-SERVICES", ()))


@cache
def _dns_chains() -> dict[str, str]:
    """The chains of the cluster's DNS, and the ports that they are of."""
    return {service_chain("KUBE-SVC-", name, protocol): name for name, protocol in cluster_dns_ports()}
