"""KPL438."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Span, Stop, dump, files
from kpl.iptables import Ruleset, Table, chains_reached_from
from kpl.nft import NftRule, NftRuleset, needs_mark, network_conditions
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, OLD, listed
from kpl_rules.dataplane._node import pod_networks, pods_of
from kpl_rules.dataplane._pods import are_apart, contains


def _with(rules: str) -> str:
    return node_dump().replace("-A KUBE-EXT-3R55", f"{rules}-A KUBE-EXT-3R55", 1)


_PODS = "10.244.0.0/16"
_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"
_OWN = ":own - [0:0]\n-A own -j MASQUERADE\n"


def _table(rules: str, family: str = "ip") -> str:
    lines = "".join(f"\t\t{rule}\n" for rule in rules.split("; "))
    return (
        f"table {family} own {{\n\tchain after {{\n"
        f"\t\ttype nat hook postrouting priority srcnat; policy accept;\n{lines}\t}}\n}}\n"
    )


class PodsMasqueradedForPods(Rule):
    """A rule masquerades connections between pods, so pods and network policies see a node's address.

    ## Why
    Connections between pods keep their source address; only what leaves the pod network, and what kube-proxy marks, must
    be masqueraded. A rule in `POSTROUTING` that somebody added for the internet access of pods, without an exception for
    the pod network, also masquerades connections from pod to pod: NetworkPolicies that select the client by its labels
    drop them, and logs show the address of a node.

    The rule reports `MASQUERADE` and `SNAT` in `POSTROUTING`, and in chains that all packets between pods come to, if
    they match the complete pod network of kube-proxy's rules as source and as destination, and such rules of nftables
    in base chains of other tables. It is silent if the rule has other conditions, such as an interface or a mark, and if
    an earlier rule spares the pod network.

    ## Fix
    A dump cannot be fixed. Add the pod network as an exception: `! -d 10.244.0.0/16`, in nftables
    `ip daddr != 10.244.0.0/16`.

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
    needs = "Ruleset|NftRuleset"
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
        # in a chain that they come to, and in one for others
        Bad(dump(_with(f"-A POSTROUTING -j own\n{_OWN}")), flags=["MASQUERADE"]),
        Good(dump(_with(f"-A POSTROUTING -o eth0 -j own\n{_OWN}"))),
        Good(
            dump(
                _with(
                    f"-A POSTROUTING -s {_PODS} -j own\n{_OWN}".replace(
                        "-A own", f"-A own -d {_PODS} -j RETURN\n-A own"
                    )
                )
            )
        ),
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
        # the settings of the cluster tell the network
        Bad(
            files(
                **{
                    "node.iptables": _with("-A POSTROUTING -j MASQUERADE\n").replace(f"! -s {_PODS} ", ""),
                    "config.yaml": _CONFIG,
                }
            ),
            flags=["MASQUERADE"],
            other=["every-client-masqueraded"],
        ),
        # nftables
        Bad(
            listed(NEW + _table(f"ip saddr {_PODS} masquerade")),
            flags=["masquerade"],
            says=[
                "this rule masquerades connections from pods to pods (`10.244.0.0/16`)",
                "`ip daddr != 10.244.0.0/16`",
            ],
        ),
        Bad(listed(OLD + _table("counter packets 3 bytes 180 masquerade random", "inet")), flags=["masquerade"]),
        Bad(
            listed(
                NEW
                + _table(
                    "meta mark 0x00004000 return; ip saddr { 10.0.0.0/8, 192.168.0.0/16 } snat to 192.0.2.1", "inet"
                )
            ),
            flags=["snat"],
        ),
        Bad(
            listed(NEW + _table("ip daddr != { 192.0.2.0/24, 198.51.100.0/24 } fib daddr type != local masquerade")),
            flags=["masquerade"],
        ),
        Bad(
            files(**{"node-1.iptables": node_dump(), "node-1.nft": _table(f"ip saddr {_PODS} masquerade")}),
            flags=["masquerade"],
        ),
        Good(files(**{"node-1.iptables": node_dump(), "node-2.nft": _table(f"ip saddr {_PODS} masquerade")})),
        Good(listed(NEW + _table(f"ip saddr {_PODS} ip daddr != {_PODS} masquerade"))),
        Good(listed(NEW + _table(f"ip saddr {_PODS} ip daddr != {{ 10.0.0.0/8, 192.168.0.0/16 }} masquerade"))),
        Good(listed(NEW + _table("ip saddr { 10.244.3.0/24, 10.244.4.0/24 } masquerade"))),
        Good(listed(NEW + _table(f"ip saddr {_PODS} fib daddr type local masquerade"))),
        Good(listed(NEW + _table(f'ip saddr {_PODS} oifname "eth0" masquerade'))),
        Good(listed(NEW + _table(f"ip saddr {_PODS} ip daddr @external masquerade"))),
        Good(listed(NEW + _table(f"meta mark 0x00000001 ip saddr {_PODS} masquerade"))),
        Good(listed(NEW + _table("ip6 saddr fd00::/8 masquerade", "inet"))),
        Good(listed(NEW + _table("masquerade", "ip6"))),
        Good(listed(NEW + _table(f"ip saddr {_PODS} masquerade").replace("hook postrouting", "hook input"))),
        # as flannel writes it
        Good(
            listed(
                NEW
                + _table(
                    f"meta mark 0x00004000 return; ip saddr 10.244.1.0/24 ip daddr {_PODS} return; "
                    f"ip saddr {_PODS} ip daddr != 224.0.0.0/4 masquerade"
                )
            )
        ),
        Good(listed(NEW + _table("jump own; masquerade"))),
        Good(listed(NEW + _table("ip saddr vmap @own; masquerade"))),
        Bad(listed(NEW + _table("ip saddr @refused drop; masquerade")), flags=["masquerade"]),
        Good({"node.nft": _table(f"ip saddr {_PODS} masquerade")}),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            yield from self._of_iptables(document.model, document, cluster)
        elif isinstance(document.model, NftRuleset):
            yield from self._of_nftables(document.model, document, cluster)

    def _of_nftables(self, ruleset: NftRuleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        networks: dict[str, str] | None = None
        for table in ruleset.tables:
            if not table.complete or table.name == "kube-proxy":
                continue
            for chain in table.chains.values():
                if (chain.kind, chain.hook) != ("nat", "postrouting"):
                    continue
                if networks is None:
                    networks = pod_networks(document, cluster)
                for family in ("ip", "ip6") if table.family == "inet" else (table.family,):
                    if (pods := networks.get(family)) and (rule := _masquerading(chain.rules, family, pods)):
                        yield self._finding(_span_of_nat(ruleset, rule), pods, f"{family} daddr != {pods}")

    def _finding(self, span: Span, pods: str, exception: str) -> Finding:
        return self.finding(
            span,
            f"this rule masquerades connections from pods to pods (`{pods}`) too, so pods and network policies see the "
            "address of a node instead of the client's",
            help=f"Add `{exception}` to the rule.",
        )

    def _of_iptables(self, ruleset: Ruleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        for nat in ruleset.whole("nat"):
            if not _masquerades(nat):
                continue
            pods = pods_of(nat, ruleset, document, cluster)
            if pods is None:
                continue
            row = _masquerading_row(nat, "POSTROUTING", pods, {"KUBE-POSTROUTING"})
            if row is not None:
                yield self._finding(nat.target_span(row), pods, f"! -d {pods}")


_FREE = ("-m", "--comment", "--dst-type", "--random-fully", "--random", "--to-source")


def _masquerades(nat: Table) -> bool:
    """Whether a chain that packets leaving the node come to masquerades, but for kube-proxy's own."""
    reached = chains_reached_from(nat, "POSTROUTING") - {"KUBE-POSTROUTING"}
    return any(nat.target[row] in ("MASQUERADE", "SNAT") for chain in reached for row in nat.rules_of.get(chain, ()))


def _masquerading_row(nat: Table, chain: str, pods: str, seen: set[str]) -> int | None:
    """The first rule of a chain, or of one that all packets between pods come to, that masquerades them all."""
    seen.add(chain)
    for row in nat.rules_of.get(chain, ()):
        target = nat.target[row]
        if target in ("RETURN", "ACCEPT"):
            return None
        if target in ("MASQUERADE", "SNAT") and _takes_pods(nat, row, pods):
            return row
        if target in nat.chains and target not in seen and _takes_pods(nat, row, pods):
            found = _masquerading_row(nat, target, pods, seen)
            if found is not None:
                return found
    return None


def _takes_pods(nat: Table, row: int, pods: str) -> bool:
    """Whether a rule matches all packets from pods to pods of other nodes."""
    for option in nat.entry(row).options:
        value = option.values[0] if option.values else ""
        if option.name in ("-s", "-d"):
            if not (are_apart(value, pods) if option.negated else contains(value, pods)):
                return False
        elif option.name not in _FREE or (option.name == "--dst-type" and (value != "LOCAL" or not option.negated)):
            return False
    return True


def _masquerading(rules: Sequence[NftRule], family: str, pods: str) -> NftRule | None:
    """The first rule of a base chain that masquerades all packets from pods to pods of other nodes."""
    for rule in rules:
        if rule.nat is not None and rule.nat.kind in ("masquerade", "snat"):
            if _matches_pods(rule, family, pods):
                return rule
        elif not needs_mark(rule) and _goes_elsewhere(rule):
            return None
    return None


def _goes_elsewhere(rule: NftRule) -> bool:
    """Whether a rule may take packets away from the rules after it, to be forwarded or to other chains."""
    maps = any(how == "vmap" for how, _ in rule.lookups)
    return maps or any(each.kind not in ("continue", "drop", "reject") for each in rule.verdicts)


def _matches_pods(rule: NftRule, family: str, pods: str) -> bool:
    """Whether a rule matches all packets from pods to pods of other nodes, and nothing in it is unknown."""
    conditions = network_conditions(rule, family)
    return conditions is not None and all(
        all(are_apart(each, pods) for each in networks) if negated else any(contains(each, pods) for each in networks)
        for _, negated, networks in conditions
    )


def _span_of_nat(ruleset: NftRuleset, rule: NftRule) -> Span:
    return ruleset.span_of(rule.nat.kind, rule.span) if rule.nat is not None else rule.span
