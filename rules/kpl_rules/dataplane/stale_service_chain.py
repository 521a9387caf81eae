"""KPL404."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kpl import (
    Bad,
    Cluster,
    Finding,
    Good,
    Rule,
    Ruleset,
    Severity,
    Stop,
    Table,
    and_more,
    cluster_dns_ports,
    dump,
    is_large,
    per_service,
    service_chain,
)
from kpl.testing import node_dump
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
    "kube-proxy deletes chains without use in its next sync. After a change of the mode run `kube-proxy --cleanup` on the node; "
    "otherwise restart kube-proxy and take the dump again."
)
_HELP_OLD = (
    "Delete the chain, or reboot the node, if Kubernetes 1.28 or later runs here: its kube-proxy leaves `KUBE-XLB-` chains. Older "
    "ones delete it in the next sync."
)
_JUMP = '-A KUBE-SERVICES -d 10.96.10.4/32 -p udp -m comment --comment "shop/game cluster IP" -m udp --dport 7000 '


class StaleServiceChain(Rule):
    """Nothing leads to the chain of a Service or of an endpoint, so it is a leftover, or the rule to it is lost.

    ## Why
    kube-proxy deletes the chains of Services and endpoints that are gone in the sync that removes the rules to them,
    up to 1,000 endpoints; with more of them it does so later, and the finding is an information. A chain without a way
    to it therefore belongs to a kube-proxy that no longer looks after it (another mode, another backend, an upgrade),
    or something deleted the rule that led to it, and the Service is unreachable from this node.

    Only whole tables are looked at. An empty `KUBE-XLB-` chain is normal up to Kubernetes 1.23, and KPL422 tells of those that
    an upgrade left. Where `KUBE-SERVICES` leads to other Services and not to the cluster's DNS, that is an error: no pod resolves
    a name. Leftovers that are empty are an information: they cost nothing and mislead whoever reads the rules.

    ## Fix
    There is none in a dump. When the mode was changed, run `kube-proxy --cleanup` on the node or reboot it; otherwise
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
        Bad(dump(_FORGOTTEN), flags=[f":{_SVC}"]),
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
        told = f", the chain of `{_dns_chains()[first]}`" if dns else "" if filled else ", which is empty"
        yield self.finding_of_many(
            (nat.declaration(chain) for chain in [first, *(each for each in stale if each != first)]),
            f"no rule leads to `{first}`{told}{counted}: "
            + ("leftovers, or the rules to them are lost" if filled else "leftovers of another mode or of a flush"),
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
