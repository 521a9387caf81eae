"""KPL436."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Document, Finding, Good, Related, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table
from kpl.nft import NftRuleset
from kpl.words import listed
from kpl_rules.dataplane._hostports import HostPort, host_ports, portmap, tables_of_portmap

_HEAD = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":CNI-DN-aaa - [0:0]\n:CNI-DN-bbb - [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n:CNI-HOSTPORT-SETMARK - [0:0]\n"
    "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
)
_OF_POD = (
    "-A CNI-DN-{0} -s 10.244.1.0/24{2} -p tcp -m tcp --dport {3} -j CNI-HOSTPORT-SETMARK\n"
    "-A CNI-DN-{0}{2} -p tcp -m tcp --dport {3} -j DNAT --to-destination {1}:80\n"
)
_HOOK = '-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: cbr0" -m multiport --dports {1} -j CNI-DN-{0}\n'
_KUBENET = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-HOSTPORTS - [0:0]\n:KUBE-HP-A - [0:0]\n:KUBE-HP-B - [0:0]\n"
    '-A KUBE-HOSTPORTS -p {0} -m comment --comment "a_b hostport 80" -m tcp --dport 80 -j KUBE-HP-A\n'
    '-A KUBE-HOSTPORTS -p tcp -m comment --comment "a_c hostport 80" -m tcp --dport 80 -j KUBE-HP-B\n'
    "-A KUBE-HP-A -p {0} -m tcp -j DNAT --to-destination 10.244.1.31:80\n"
    "-A KUBE-HP-B -p tcp -m tcp -j DNAT --to-destination 10.244.1.44:80\nCOMMIT\n"
)
_AT = "ip daddr 192.0.2.1 "
_RULE = 'tcp dport {} dnat to 10.244.1.{}:80 comment "{}"'


def _nat(first: str = "80", second: str = "80", host: str = "", to: str = "10.244.1.44") -> str:
    return (
        _HEAD
        + "".join(_OF_POD.format("aaa", "10.244.1.31", "", port) for port in first.split(","))
        + "".join(_OF_POD.format("bbb", to, host, port) for port in second.split(","))
        + _HOOK.format("aaa", first)
        + _HOOK.format("bbb", second)
        + "COMMIT\n"
    )


class _Taken(NamedTuple):
    row: int
    chain: str
    to: str


class HostPortOfTwoPods(Rule):
    """Two pods have the same host port on this node, and only the pod of the earlier rule gets connections.

    ## Why
    The CNI plugin portmap adds a rule for each pod with host ports, and the first matching rule translates. The
    scheduler never places two pods with one host port on a node, so the earlier rule is usually left over from a pod
    that is gone: the runtime did not call the plug-in when the pod was deleted, for example because the node restarted.
    Connections to the host port then go to an address that no pod has, or that another pod has now.

    The rule compares the port, the protocol and the address of the node (`hostIP`). It also reads the chains of
    older container runtimes (`KUBE-HOSTPORTS`, `CRIO-HOSTPORTS`), and the table that portmap makes in nftables
    (`cni_hostport`).

    ## Fix
    A dump cannot be fixed. Delete the rule and the chain of the pod that is gone. If the pod still exists, the two
    pods cannot both have the port on this node.

    ## References
    - https://www.cni.dev/plugins/current/meta/portmap/
    - https://github.com/containernetworking/plugins/issues/683
    - https://github.com/rancher/rke/issues/3440
    """

    code = "KPL436"
    name = "host-port-of-two-pods"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(
            dump(_nat()),
            flags=["80"],
            says=["tcp port 80 of this node is a host port of two pods", "`10.244.1.31:80` and never `10.244.1.44:80`"],
        ),
        Bad(
            dump(_nat("80,443", "443,80")), flags=["443,80"], says=["tcp ports 443 and 80 of this node are host ports"]
        ),
        Bad(dump(_nat("80,443", "8080,80")), flags=["8080,80"], says=["tcp port 80 of"]),
        Good(dump(_nat("80", "443"))),
        # of two addresses of the node; the earlier rule is for all of them
        Good(dump(_nat(host=" -d 192.0.2.1/32").replace("-A CNI-DN-aaa -p", "-A CNI-DN-aaa -d 192.0.2.2/32 -p"))),
        Bad(dump(_nat(host=" -d 192.0.2.1/32")), flags=["80"]),
        # the same pod twice
        Good(dump(_nat(to="10.244.1.31"))),
        Bad(dump(_KUBENET.format("tcp")), flags=["80"]),
        Good(dump(_KUBENET.format("udp"))),
        # an excerpt
        Good(dump(_nat().partition("*nat\n")[2])),
        # nftables
        Bad(
            {"node.nft": portmap(_RULE.format("80", "31", "a"), _RULE.format("80", "44", "b"))},
            flags=["80"],
            says=["tcp port 80 of this node is a host port of two pods", "`10.244.1.31:80` and never `10.244.1.44:80`"],
        ),
        Bad(
            {
                "node.nft": portmap(
                    of_addresses=(_AT + _RULE.format("80", "31", "a"), _AT + _RULE.format("80", "44", "b"))
                )
            },
            flags=["80"],
        ),
        Good({"node.nft": portmap(_RULE.format("80", "31", "a"), _RULE.format("443", "44", "b"))}),
        Good({"node.nft": portmap(_RULE.format("80", "31", "a"), _RULE.format("80", "31", "b"))}),
        # the rule for one address of the node comes first
        Good({"node.nft": portmap(_RULE.format("80", "31", "a"), of_addresses=(_AT + _RULE.format("80", "44", "b"),))}),
        Good({"node.nft": portmap(_RULE.format("80", "31", "a"), 'iifname "eth0" ' + _RULE.format("80", "44", "b"))}),
        Good(
            {"node.nft": portmap(_RULE.format("80", "31", "a"), _RULE.format("80", "44", "b")).replace("cni_", "own_")}
        ),
    ]

    def check(self, document: Document) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            for nat in document.model.whole("nat"):
                for hook in _HOOKS:
                    yield from self._in(nat, nat.rules_of.get(hook, []))
        elif isinstance(document.model, NftRuleset):
            yield from self._in_nft(document.model)

    def _in_nft(self, ruleset: NftRuleset) -> Iterator[Finding]:
        for table in tables_of_portmap(ruleset):
            taken: dict[tuple[str, ...], HostPort] = {}
            for each in host_ports(ruleset, table):
                first = taken.setdefault(each[:4], each)
                if first.to != each.to:
                    yield self.finding(
                        ruleset.span_of(each.port, each.span),
                        _MESSAGE.format(each.protocol, f" {each.port}", "is a host port", first.to, each.to),
                        help=_help(first.to),
                        related=[Related(ruleset.span_of(first.to, first.span), "the earlier rule wins")],
                    )

    def _in(self, nat: Table, hooks: list[int]) -> Iterator[Finding]:
        taken: dict[tuple[str, str, str], _Taken] = {}
        for hook in hooks:
            chain, lost = nat.target[hook], []
            for key, to in _translated(nat, hook):
                protocol, port, _ = key
                first = taken.get(key) or taken.get((protocol, port, ""))
                if first is None:
                    taken[key] = _Taken(hook, chain, to)
                elif first.chain != chain and first.to != to:
                    lost.append((protocol, port, first, to))
            if lost:
                protocol, _, first, to = lost[0]
                ports = list(dict.fromkeys(port for _, port, _, _ in lost))
                are = "is a host port" if len(ports) == 1 else "are host ports"
                yield self.finding(
                    nat.option_span(hook, "--dport", "--dports"),
                    _MESSAGE.format(protocol, f"{'' if len(ports) == 1 else 's'} {listed(ports)}", are, first.to, to),
                    help=_help(first.to),
                    related=[Related(nat.target_span(first.row), "the earlier rule wins")],
                )


_MESSAGE = "{} port{} of this node {} of two pods, so connections reach `{}` and never `{}`"


def _help(to: str) -> str:
    return f"Delete the rules of `{to.rpartition(':')[0]}` if that pod is gone."


_HOOKS = ("CNI-HOSTPORT-DNAT", "KUBE-HOSTPORTS", "CRIO-HOSTPORTS")


def _translated(nat: Table, hook: int) -> Iterator[tuple[tuple[str, str, str], str]]:
    """What a rule of the host ports leads to: protocol, port and address of the node, and the pod's address and port."""
    own = [next(nat.values(option, [hook]), None) for option in ("--dport", "--dports", "-d")]
    rows = [row for row in nat.rules_of.get(nat.target[hook], ()) if nat.target[row] == "DNAT"]
    columns = (nat.values(option, rows) for option in ("-p", "--dport", "-d", "--to-destination"))
    for protocol, port, host, to in zip(*columns, strict=True):
        for each in [port] if port else (own[0] or own[1] or "").split(","):
            if protocol and each and to:
                yield (protocol, each, host or own[2] or ""), to
