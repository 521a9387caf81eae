"""KPL453."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Rule, Severity, Stop, dump, files
from kpl.iptables import Ruleset, Table, chains_leading_to, chains_reached_from, portals
from kpl.nft import NftRuleset, agents_of_tables, rules_that_forward_nothing
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, listed
from kpl_rules.dataplane._node import families_of_services, family_of, is_beside_kube_proxy, pod_networks, pods_of
from kpl_rules.dataplane._pods import rule_against_pods

_FIRST, _LAST = "-A FORWARD -m conntrack --ctstate NEW", "-A INPUT"
_REJECT = "-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n"
_ALONE = f"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{_REJECT}COMMIT\n"
_PODS = "10.244.0.0/16"
_TABLE = (
    "table inet filter {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n"
    "\t\tct state established,related accept\n%s\t}\n%s}\n"
)
_PROHIBITED = "\t\tcounter packets 1 bytes 60 reject with icmpx admin-prohibited\n"
_OWN = "\n\tchain own {\n\t\tlog\n\t\tdrop\n\t}\n"
_OF_IPTABLES = (
    "table ip nat {\n\tchain KUBE-SERVICES {\n\t\tip daddr 10.96.0.7 tcp dport 80 counter packets 1 bytes 60 jump "
    "KUBE-SVC-I5LIAMPLWKMBJ54B\n\t}\n\n\tchain KUBE-SVC-I5LIAMPLWKMBJ54B {\n\t}\n}\n"
)


def _before(rules: str) -> str:
    return node_dump().replace(_FIRST, rules + _FIRST, 1)


def _after(rules: str) -> str:
    return node_dump().replace(_LAST, rules + _LAST, 1)


def _nft(rules: str, chains: str = "", own: str = NEW) -> dict[str, str]:
    return dict(listed(own + _TABLE % (rules, chains)))


class ForwardRejectsPods(Rule):
    """A rule for forwarded packets drops or rejects all connections between pods before another one accepts them.

    ## Why
    kube-proxy accepts in `KUBE-FORWARD` only what it marked for masquerading and what belongs to established
    connections. The first packet from a pod to a pod on another node goes on to the next rules of `FORWARD`. Some
    firewalls and images of clouds end the chain with `REJECT --reject-with icmp-host-prohibited`. If the network
    plug-in adds its rules after it, or adds none, clients see "No route to host", and pods cannot reach DNS pods on
    other nodes.

    In nftables, a verdict of one table does not protect a packet from another one: each chain with the hook `forward`
    must let it pass. So a chain of a firewall that rejects the rest refuses it, even if iptables accepted it.

    The rule follows the packet through `FORWARD` and the chains that all packets come to. It is silent if an earlier
    rule may accept the packet, and if the rule has conditions such as an interface. It does not report nftables chains
    of nodes with Cilium, whose packets may bypass them.

    ## Fix
    A dump cannot be fixed. Delete the rule from `FORWARD` and from the file that the firewall loads at boot, for example
    `/etc/iptables/rules.v4`. Or accept the pod network before it.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/iptables/proxier.go (syncProxyRules)
    - https://wiki.nftables.org/wiki-nftables/index.php/Configuring_chains (Base chain priority)
    - https://github.com/kubernetes/kubeadm/issues/139
    """

    code = "KPL453"
    name = "forward-rejects-pods"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(
            dump(_after(_REJECT)),
            flags=["REJECT"],
            says=["this rule of `FORWARD` rejects all new connections between pods", "Delete the rule"],
        ),
        Bad(dump(_before("-A FORWARD -j DROP\n")), flags=["DROP"], says=["drops all new connections"]),
        Bad(dump(_before(f"-A FORWARD -s {_PODS} -j DROP\n")), flags=["DROP"]),
        Bad(dump(_before("-A FORWARD ! -d 192.0.2.0/24 -m comment --comment own -j DROP\n")), flags=["DROP"]),
        Bad(dump(_before("-A FORWARD -m conntrack --ctstate NEW -j REJECT\n")), flags=["REJECT"]),
        # whatever the policy is
        Bad(dump(_after(_REJECT).replace(":FORWARD ACCEPT", ":FORWARD DROP")), flags=["REJECT"]),
        # in a chain that all packets come to
        Bad(
            dump(
                _before("-A FORWARD -j own\n").replace(
                    ":KUBE-FORWARD", ":own - [0:0]\n-A own -p icmp -j ACCEPT\n-A own -j DROP\n:KUBE-FORWARD", 1
                )
            ),
            flags=["DROP"],
            says=["this rule of `own`"],
        ),
        Good(
            dump(
                _before("-A FORWARD -j own\n").replace(
                    ":KUBE-FORWARD", ":own - [0:0]\n-A own -j RETURN\n-A own -j DROP\n:KUBE-FORWARD", 1
                )
            )
        ),
        Good(
            dump(
                _before("-A FORWARD -i eth0 -j own\n").replace(
                    ":KUBE-FORWARD", ":own - [0:0]\n-A own -j DROP\n:KUBE-FORWARD", 1
                )
            )
        ),
        # something is accepted before
        Good(dump(_after(f"-A FORWARD -s {_PODS} -j ACCEPT\n{_REJECT}"))),
        Good(
            dump(
                _after(f"-A FORWARD -i cni0 -j own\n{_REJECT}").replace(
                    ":KUBE-FORWARD", ":own - [0:0]\n-A own -j ACCEPT\n:KUBE-FORWARD", 1
                )
            )
        ),
        Good(dump(_after(f"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT\n{_REJECT}"))),
        # with a condition, and for others
        Good(dump(_before("-A FORWARD -i eth0 -j DROP\n"))),
        Good(dump(_before("-A FORWARD -m conntrack --ctstate INVALID -j DROP\n"))),
        Good(dump(_before("-A FORWARD ! -s 10.244.0.0/24 -j DROP\n"))),
        Good(dump(_before("-A FORWARD -s 10.244.3.0/24 -j DROP\n"))),
        Good(
            dump(_before(f"-A FORWARD -s {_PODS} -j DROP\n").replace(f"! -s {_PODS} ", "")),
            other=["every-client-masqueraded"],
        ),
        # kube-proxy's rules are in nftables, or in the other backend
        Bad(files(**{"node-1.iptables": _ALONE, "node-1.nft": NEW}), flags=["REJECT"]),
        Bad(files(**{"node-1-legacy.iptables": _ALONE, "node-1.iptables": node_dump()}), flags=["REJECT"]),
        Good(files(**{"node-1.iptables": _ALONE, "node-2.nft": NEW})),
        Good(files(**{"node-1.ip6tables": _ALONE, "node-1.nft": NEW})),
        # of the family in which the cluster has no Services
        Good(
            dump(
                re.sub(
                    r"^-A KUBE-(?:SERVICES -d|NODEPORTS|SVC|SVL|SEP|EXT|FW).*\n",
                    "",
                    _after(_REJECT),
                    flags=re.MULTILINE,
                )
            ),
            other=["stale-service-chain", "source-ranges-not-enforced", "node-ports-not-last"],
        ),
        # a node without kube-proxy
        Good(dump(_ALONE)),
        # nftables
        Bad(
            _nft(_PROHIBITED),
            flags=["counter packets 1 bytes 60 reject with icmpx admin-prohibited"],
            says=["this rule rejects all new connections that `forward` of the table `inet filter` sees"],
        ),
        Bad(_nft("\t\tip saddr 192.0.2.1 drop\n\t\tjump own\n", _OWN), flags=["drop"]),
        Bad(_nft("\t\tgoto own\n", _OWN), flags=["drop"]),
        Bad(
            _nft(_PROHIBITED, own=_OF_IPTABLES), flags=["counter packets 1 bytes 60 reject with icmpx admin-prohibited"]
        ),
        Bad(
            files(**{"node-1.iptables": node_dump(), "node-1.nft": _TABLE % (_PROHIBITED, "")}),
            flags=["counter packets 1 bytes 60 reject with icmpx admin-prohibited"],
        ),
        Good(files(**{"node-1.iptables": node_dump(), "node-2.nft": _TABLE % (_PROHIBITED, "")})),
        Good(_nft("\t\tip saddr 10.244.0.0/16 accept\n" + _PROHIBITED)),
        Good(_nft("\t\tct status dnat accept\n" + _PROHIBITED)),
        Good(_nft('\t\tiifname "cni0" jump own\n' + _PROHIBITED, _OWN.replace("drop", "accept"))),
        Good(_nft('\t\tiifname "eth0" jump own\n', _OWN)),
        Good(_nft("\t\tjump own\n" + _PROHIBITED, _OWN.replace("log", "accept"))),
        Good(_nft("\t\tjump own\n", _OWN.replace("log", "return"))),
        Good(_nft("\t\tgoto own\n" + _PROHIBITED, _OWN.replace("log", "return"))),
        # another family, another hook, a node without kube-proxy, and one with Cilium
        Good(dict(listed(NEW + (_TABLE % (_PROHIBITED, "")).replace("table inet", "table ip6")))),
        Good(dict(listed(NEW + (_TABLE % (_PROHIBITED, "")).replace("hook forward", "hook input")))),
        Good({"node.nft": _TABLE % (_PROHIBITED, "")}),
        Good(_nft(_PROHIBITED + "\t}\n\n\tchain x {\n", own=NEW + "table ip mangle {\n\tchain CILIUM_PRE {\n\t}\n}\n")),
        # what iptables-nft made: nft does not print all conditions
        Good(dict(listed(_OF_IPTABLES + (_TABLE % (_PROHIBITED, "")).replace("table inet", "table ip")))),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            yield from self._of_iptables(document.model, document, cluster)
        elif isinstance(document.model, NftRuleset):
            yield from self._of_nftables(document.model, document, cluster)

    def _of_iptables(self, ruleset: Ruleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        for tables in ruleset.whole_dumps():
            nat, filtered = tables.get("nat"), tables.get("filter")
            if filtered is None or not _refuses(filtered):
                continue
            if nat is not None and "KUBE-SERVICES" in nat.rules_of:
                # without Services this may be the IP family that the cluster does not use
                if not portals(nat) or "FORWARD" not in chains_leading_to(filtered, "KUBE-FORWARD"):
                    continue
                pods = pods_of(nat, ruleset, document, cluster)
            elif is_beside_kube_proxy(filtered, ruleset, document, cluster):
                pods = pod_networks(document, cluster).get(family_of(ruleset, document))
            else:
                continue
            row = rule_against_pods(filtered, pods)
            # another rule speaks of those in kube-proxy's own chains
            if row is not None and not filtered.chain[row].startswith("KUBE-"):
                verb = "rejects" if filtered.target[row] == "REJECT" else "drops"
                yield self.finding(
                    filtered.target_span(row),
                    f"this rule of `{filtered.chain[row]}` {verb} all new connections between pods that come to it, so "
                    "pods of this node do not reach pods on other nodes",
                    help="Delete the rule. Or accept the pod network before it.",
                    confidence=Confidence.MEDIUM,
                )

    def _of_nftables(self, ruleset: NftRuleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        for table in ruleset.tables:
            if not table.complete or table.name == "kube-proxy" or (table.family, table.name) in _OTHERS:
                continue
            for chain, rule in rules_that_forward_nothing(table):
                families = families_of_services(document, cluster)
                if not families or table.family not in {"inet", *families} or "Cilium" in agents_of_tables(ruleset):
                    continue
                verb = "rejects" if any(each.kind == "reject" for each in rule.verdicts) else "drops"
                yield self.finding(
                    rule.span,
                    f"this rule {verb} all new connections that `{chain.name}` of the table `{table.family} {table.name}` "
                    "sees, so connections to and from pods that this node forwards fail",
                    help="Delete the rule. Or accept the traffic of pods before it.",
                    confidence=Confidence.MEDIUM,
                )


def _refuses(filtered: Table) -> bool:
    """Whether a chain that forwarded packets come to refuses any, but for kube-proxy's own."""
    reached = (chain for chain in chains_reached_from(filtered, "FORWARD") if not chain.startswith("KUBE-"))
    return any(
        filtered.target[row] in ("DROP", "REJECT") for chain in reached for row in filtered.rules_of.get(chain, ())
    )


_OTHERS = {("ip", "filter"), ("ip6", "filter")}
"""The tables of iptables-nft, whose conditions nft does not print completely."""
