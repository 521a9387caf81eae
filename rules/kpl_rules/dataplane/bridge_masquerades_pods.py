"""KPL454."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Span, Stop, dump, files
from kpl.iptables import Ruleset, Table
from kpl.nft import NftRuleset, NftTable, network_conditions
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, listed
from kpl_rules.dataplane._node import pod_networks
from kpl_rules.dataplane._pods import are_apart, contains, pod_network_of

_CHAIN = "CNI-0123456789abcdef01234567"
_ID = '-m comment --comment "name: \\"bridge\\" id: \\"0a1b\\""'


def _with(
    spared: str = "10.244.1.0/24", chain: str = _CHAIN, pod: str = "10.244.1.5", to: str = "! -d 224.0.0.0/4"
) -> str:
    return (
        node_dump()
        .replace(":KUBE-EXT-3R55", f":{chain} - [0:0]\n:KUBE-EXT-3R55", 1)
        .replace(
            "-A KUBE-EXT-3R55",
            f"-A POSTROUTING -s {pod}/32 {_ID} -j {chain}\n-A {chain} -d {spared} {_ID} -j ACCEPT\n"
            f"-A {chain} {to} {_ID} -j MASQUERADE\n-A KUBE-EXT-3R55",
            1,
        )
    )


def _table(spared: str = "10.244.1.0/24", rest: str = "", pods: int = 1) -> str:
    rules = "".join(
        f'\t\tip saddr 10.244.1.{5 + each} ip daddr != {spared} {rest}masquerade comment "6a, net: bridge, if: eth0, id: {each}"\n'
        for each in range(pods)
    )
    return (
        "table inet cni_plugins_masquerade {\n\tchain masq_checks {\n" + rules + "\t}\n\n\tchain postrouting {\n"
        "\t\ttype nat hook postrouting priority srcnat; policy accept;\n\t\tip daddr 224.0.0.0/4 return\n"
        "\t\tip6 daddr ff00::/8 return\n\t\tgoto masq_checks\n\t}\n}\n"
    )


class BridgeMasqueradesPods(Rule):
    """A CNI plugin masquerades what pods of this node send to pods of other nodes, so their address is lost.

    ## Why
    With `ipMasq: true`, the CNI plugins `bridge` and `ptp` masquerade everything that a pod sends out of its subnet.
    The subnet is that of the node, so connections to pods of other nodes are masqueraded too: NetworkPolicies that
    select the client by its labels drop them, and logs show the address of a node. Kubernetes requires that pods reach
    each other without translation.

    The rule compares the subnet in the plug-in's rules with the pod network of kube-proxy's rules, which must be
    larger.

    ## Fix
    A dump cannot be fixed. Set `ipMasq: false` in the CNI configuration of the node, and masquerade what leaves the pod
    network with ip-masq-agent or one rule: `! -d 10.244.0.0/16`. Pods that run already keep their rules until they are
    created again.

    ## References
    - https://www.cni.dev/plugins/current/main/bridge/
    - https://kubernetes.io/docs/concepts/services-networking/#the-kubernetes-network-model
    - https://github.com/containernetworking/plugins/blob/main/pkg/ip/ipmasq_iptables_linux.go
    - https://github.com/containernetworking/plugins/blob/main/pkg/ip/ipmasq_nftables_linux.go
    """

    code = "KPL454"
    name = "bridge-masquerades-pods"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("client-address-lost",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(
            dump(_with()),
            flags=[f":{_CHAIN}"],
            says=[
                "masquerades what pods of `10.244.1.0/24` send to other pods of `10.244.0.0/16`",
                "`ipMasq: false`",
            ],
        ),
        Good(dump(_with("10.244.0.0/16"))),
        Good(dump(_with("10.0.0.0/8"))),
        # of another network than that of the pods, another chain, another rule
        Good(dump(_with("10.88.0.0/16", pod="10.88.0.5"))),
        Good(dump(_with(chain="own"))),
        Good(dump(_with(to="-o eth0"))),
        Good(dump(_with(to="! -d 10.0.0.0/8"))),
        Good(dump(_with().replace(f"-A {_CHAIN} -d", f"-A {_CHAIN} -d 10.244.0.0/16 -j ACCEPT\n-A {_CHAIN} -d"))),
        Good(dump(_with().replace("! -s 10.244.0.0/16 ", "")), other=["every-client-masqueraded"]),
        Good(dump(_with().replace("! -s 10.244.0.0/16 ", "! -s 10.244.1.0/24 "))),
        # nobody comes there
        Good(dump(_with().replace(f"-j {_CHAIN}\n", "-j RETURN\n"))),
        # nftables
        Bad(
            listed(NEW + _table(pods=2)),
            flags=["masquerade"],
            says=["masquerades what pods of `10.244.1.0/24` send to other pods of `10.244.0.0/16`"],
        ),
        Bad(files(**{"node-1.iptables": node_dump(), "node-1.nft": _table()}), flags=["masquerade"]),
        Good(files(**{"node-1.iptables": node_dump(), "node-2.nft": _table()})),
        Good(listed(NEW + _table("10.244.0.0/16"))),
        Good(listed(NEW + _table("10.88.0.0/16"))),
        Good(listed(NEW + _table(rest='oifname "eth0" '))),
        Good({"node.nft": _table()}),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            for nat in document.model.whole("nat"):
                chains = {chain for chain in nat.rules_of if chain.startswith("CNI-")}
                if chains and (pods := pod_network_of(nat)):
                    found = [
                        (nat.declaration(chain), subnet)
                        for chain in sorted(chains)
                        if chain in nat.chains and (subnet := _subnet(nat, chain, pods))
                    ]
                    yield from self._finding(found, pods)
        elif isinstance(document.model, NftRuleset):
            for table in document.model.named("inet", "cni_plugins_masquerade"):
                if table.complete and "masq_checks" in table.chains:
                    for family, pods in pod_networks(document, cluster).items():
                        yield from self._finding(list(_subnets(document.model, table, family, pods)), pods)

    def _finding(self, found: list[tuple[Span, str]], pods: str) -> Iterator[Finding]:
        if found:
            yield self.finding_of_many(
                (span for span, _ in found),
                f"a CNI plugin masquerades what pods of `{found[0][1]}` send to other pods of `{pods}`, so other nodes see the "
                "address of this node, not of the client",
                "the same for another pod",
                help=f"Set `ipMasq: false` in the CNI configuration, and masquerade what is not for `{pods}`.",
            )


_CONDITIONS = ("-d", "-m", "--comment", "--random-fully")
_MULTICAST = ("224.0.0.0/4", "ff00::/8")


def _subnet(nat: Table, chain: str, pods: str) -> str | None:
    """The subnet to which a chain of a pod does not masquerade, if it masquerades to other pods."""
    if all(nat.chain[row] != "POSTROUTING" for row in nat.jumps_to.get(chain, ())):
        return None
    spared: list[str] = []
    for row in nat.rules_of[chain]:
        options = nat.entry(row).options
        if any(option.name not in _CONDITIONS for option in options):
            return None
        to = next((option for option in options if option.name == "-d"), None)
        if nat.target[row] in ("ACCEPT", "RETURN") and to is not None and not to.negated:
            spared.append(to.values[0])
        elif nat.target[row] == "MASQUERADE" and to is not None and to.negated and to.values[0] in _MULTICAST:
            return spared[0] if spared and all(_is_part(each, pods) for each in spared) else None
        else:
            return None
    return None


def _subnets(ruleset: NftRuleset, table: NftTable, family: str, pods: str) -> Iterator[tuple[Span, str]]:
    """The rules of pods that masquerade to other pods, and the subnet to which they do not."""
    for rule in table.chains["masq_checks"].rules:
        conditions = network_conditions(rule, family) if rule.nat is not None else None
        to = [each for each in conditions or () if each.side == "daddr"]
        if len(to) == 1 and to[0].negated and len(to[0].networks) == 1 and _is_part(to[0].networks[0], pods):
            yield ruleset.span_of("masquerade", rule.span), to[0].networks[0]


def _is_part(subnet: str, pods: str) -> bool:
    """Whether a subnet is in the network of the pods and not all of it."""
    return not are_apart(subnet, pods) and not contains(subnet, pods)
