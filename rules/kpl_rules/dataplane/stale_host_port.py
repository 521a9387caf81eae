"""KPL455."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Confidence, Document, Finding, Good, Related, Rule, Severity, Span, Stop, dump
from kpl.iptables import Ruleset, Table
from kpl.nft import NftRuleset, NftTable
from kpl.words import listed
from kpl_rules.dataplane._hostports import host_ports, portmap, tables_of_portmap

_HEAD = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":CNI-DN-aaa - [0:0]\n:CNI-DN-bbb - [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n"
    "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n"
)
_OF_POD = "-A CNI-DN-{0}{3} -p tcp -m tcp --dport {1} -j DNAT --to-destination {2}:80\n"
_HOOK = (
    '-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"{2}\\" id: \\"{3}\\"" -m multiport --dports {1} '
    "-j CNI-DN-{0}\n"
)
_RULE = 'tcp dport {} dnat to 10.244.1.{}:80 comment "{}"'


def _nat(
    first: str = "8080",
    second: str = "80",
    to: str = "10.244.1.31",
    network: str = "cbr0",
    pod: str = "b1",
    host: str = "",
) -> str:
    return (
        _HEAD
        + "".join(_OF_POD.format("aaa", port, "10.244.1.31", host) for port in first.split(","))
        + "".join(_OF_POD.format("bbb", port, to, "") for port in second.split(","))
        + _HOOK.format("aaa", first, "cbr0", "a1")
        + _HOOK.format("bbb", second, network, pod)
        + "COMMIT\n"
    )


class _Taken(NamedTuple):
    pod: str
    """The id of the sandbox."""
    network: str
    address: str
    """The pod's."""
    span: Span
    key: tuple[str, str, str]
    """The protocol, the port, and the address of the node that the rule is for."""


class StaleHostPort(Rule):
    """A host port of a deleted pod leads to another pod, because that pod has its address now.

    ## Why
    The CNI plugin portmap adds the rules of a pod's host ports and deletes them when the runtime calls it for the
    deleted pod. If the node or the runtime stopped at the wrong moment, that call is lost and the rules stay. Addresses
    of pods are given again: as soon as another pod has the address, connections to the old host port reach that pod,
    which does not expect them and may not be meant to be reachable from outside of the cluster.

    Two pods of one network never have the same address, so of two sandboxes with rules for one address the earlier one
    is gone: portmap appends its rules. The rule reports host ports of the earlier one that the later one does not have.

    ## Fix
    A dump cannot be fixed. Delete the rule and its chain: `iptables -t nat -D CNI-HOSTPORT-DNAT ...`. Restarting the
    node removes all of them.

    ## References
    - https://www.cni.dev/plugins/current/meta/portmap/
    - https://github.com/containernetworking/plugins/issues/683
    - https://github.com/containernetworking/plugins/blob/main/plugins/meta/portmap/portmap_nftables.go
    """

    code = "KPL455"
    name = "stale-host-port"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(
            dump(_nat()),
            flags=["8080"],
            says=["tcp port 8080 of this node leads to `10.244.1.31`", "another pod has that address now"],
        ),
        Bad(dump(_nat("8080,8443", "80")), flags=["8080,8443"], says=["tcp ports 8080 and 8443 of this node lead to"]),
        Bad(dump(_nat("8080,80", "80")), flags=["8080,80"], says=["tcp port 8080 of"]),
        Bad(dump(_nat("80", "80", host=" -d 192.0.2.1/32")), flags=["80"]),
        # another address; the same host port
        Good(dump(_nat(to="10.244.1.32"))),
        Good(dump(_nat("80", "80"))),
        Good(dump(_nat("80", "8080,80"))),
        # one sandbox with two rules; of another network, which may have the same addresses
        Good(dump(_nat(pod="a1"))),
        Good(dump(_nat(network="other"))),
        # without the comment of portmap, and an excerpt
        Good(dump(_nat().replace("dnat name", "own name"))),
        Good(dump(_nat().partition("*nat\n")[2])),
        # nftables
        Bad(
            {"node.nft": portmap(_RULE.format("8080", "31", "a1"), _RULE.format("80", "31", "b1"))},
            flags=["8080"],
            says=["tcp port 8080 of this node leads to `10.244.1.31`"],
        ),
        Good({"node.nft": portmap(_RULE.format("8080", "31", "a1"), _RULE.format("80", "32", "b1"))}),
        Good({"node.nft": portmap(_RULE.format("8080", "31", "a1"), _RULE.format("80", "31", "a1"))}),
        Good({"node.nft": portmap(_RULE.format("80", "31", "a1"), _RULE.format("80", "31", "b1"))}),
        Good(
            {
                "node.nft": portmap(
                    _RULE.format("8080", "31", "a1"), _RULE.format("80", "31", "b1").partition(" comm")[0]
                )
            }
        ),
    ]

    def check(self, document: Document) -> Iterator[Finding]:
        """See the class."""
        if isinstance(document.model, Ruleset):
            for nat in document.model.whole("nat"):
                yield from self._among(list(_of_iptables(nat)))
        elif isinstance(document.model, NftRuleset):
            for table in tables_of_portmap(document.model):
                yield from self._among(list(_of_nftables(document.model, table)))

    def _among(self, taken: list[_Taken]) -> Iterator[Finding]:
        last = {(each.network, each.address): each for each in taken if each.pod}
        kept = {(each.pod, each.key) for each in taken}
        stale: dict[tuple[str, Span], list[_Taken]] = {}
        for each in taken:
            newer = last.get((each.network, each.address))
            if each.pod and newer is not None and newer.pod != each.pod and (newer.pod, each.key) not in kept:
                stale.setdefault((each.pod, each.span), []).append(each)
        for found in stale.values():
            first = found[0]
            ports = list(dict.fromkeys(each.key[1] for each in found))
            yield self.finding(
                first.span,
                f"{first.key[0]} port{'' if len(ports) == 1 else 's'} {listed(ports)} of this node "
                f"lead{'s' if len(ports) == 1 else ''} to `{first.address}` for a pod that is gone, and another pod has that "
                "address now, so connections reach the wrong pod",
                help="Delete the rule and its chain.",
                related=[Related(last[first.network, first.address].span, "the pod that has the address now")],
                confidence=Confidence.MEDIUM,
            )


_COMMENT = re.compile(r'dnat name: "([^"]*)" id: "([^"]*)"')


def _of_iptables(nat: Table) -> Iterator[_Taken]:
    """The host ports of all sandboxes, in the order of the rules."""
    rows = nat.rules_of.get("CNI-HOSTPORT-DNAT", [])
    for hook, comment in zip(rows, nat.values("--comment", rows), strict=True):
        said = _COMMENT.search(comment or "")
        if said is None:
            continue
        span = nat.option_span(hook, "--dport", "--dports")
        of_chain = [row for row in nat.rules_of.get(nat.target[hook], ()) if nat.target[row] == "DNAT"]
        for protocol, port, host, to in nat.columns(("-p", "--dport", "-d", "--to-destination"), of_chain):
            if protocol and port and to:
                yield _Taken(said[2], said[1], to.rpartition(":")[0], span, (protocol, port, host or ""))


def _of_nftables(ruleset: NftRuleset, table: NftTable) -> Iterator[_Taken]:
    """The same of a table of portmap; the comment is the id."""
    for each in host_ports(ruleset, table):
        span = ruleset.span_of(each.port, each.span)
        yield _Taken(each.pod, "", each.to.rpartition(":")[0], span, (each.protocol, each.port, each.address))
