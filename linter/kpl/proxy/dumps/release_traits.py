"""From which releases a dump may be: what only some of them write.

Each trait was read in the sources of the releases (pkg/proxy/iptables/proxier.go of 1.20 to 1.38, nftables/proxier.go of
1.29 to 1.38), and holds in what these kube-proxies programmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kpl.inputs.dumps.nftables import NftTable
from kpl.inputs.dumps.nftrule import SetName
from kpl.inputs.dumps.ruleset import Table
from kpl.proxy.iptables.chains import SERVICES
from kpl.proxy.iptables.states import IptablesDump
from kpl.text.version import Version


class ReleaseTrait(NamedTuple):
    """Something in a dump that only some releases of kube-proxy write: from `since` on, up to `until`."""

    what: str
    since: str | None = None
    until: str | None = None


def bounds(traits: Iterable[ReleaseTrait]) -> tuple[str | None, str | None]:
    """The first and the last release that `traits` allow; None where no trait tells."""
    found = list(traits)
    return (
        max((trait.since for trait in found if trait.since), key=Version, default=None),
        min((trait.until for trait in found if trait.until), key=Version, default=None),
    )


def iptables_traits(dump: IptablesDump, saved: bool) -> list[ReleaseTrait]:
    """The traits in what kube-proxy in iptables mode programmed; none where it did not program this dump.

    `saved` tells that iptables-save wrote it: what kube-proxy hands to iptables-restore has not all of its chains.
    """
    if SERVICES not in dump.nat.chains:
        return []
    found = list(_nat_traits(dump.nat))
    if SERVICES in dump.filter.chains:
        found += _filter_traits(dump.filter)
    return [trait for trait in found if saved or not trait.what.startswith("no ")]


def _nat_traits(nat: Table) -> Iterator[ReleaseTrait]:
    prefixes = {chain[:9] for chain in nat.chains if chain.startswith("KUBE-")}
    if "KUBE-EXT-" in prefixes:
        yield ReleaseTrait("KUBE-EXT chains", since="1.24")
    if "KUBE-XLB-" in prefixes:
        yield ReleaseTrait("KUBE-XLB chains", until="1.23")
    if _has(nat, "KUBE-POSTROUTING", "RETURN"):
        yield ReleaseTrait("KUBE-POSTROUTING returns what has no mark", since="1.18")
    if _has(nat, SERVICES, "KUBE-MARK-MASQ"):
        yield ReleaseTrait("KUBE-SERVICES marks for masquerading", until="1.21")
    if "KUBE-MARK-DROP" not in nat.chains:
        yield ReleaseTrait("no KUBE-MARK-DROP", since="1.25")
    elif "KUBE-MARK-DROP" not in nat.rules_of:
        yield ReleaseTrait("KUBE-MARK-DROP is declared and empty", until="1.24")
    yield from _comment_traits(nat)


def _comment_traits(nat: Table) -> Iterator[ReleaseTrait]:
    named = [
        row for chain, rows in nat.rules_of.items() if chain.startswith(("KUBE-SVC-", "KUBE-SVL-")) for row in rows
    ]
    rows = [row for row in named if nat.target[row].startswith("KUBE-SEP-")]
    comment = next((each for each in nat.values("--comment", rows) if each), None)
    if comment is not None:
        if " -> " in comment:
            yield ReleaseTrait("comments name the endpoint", since="1.24")
        else:
            yield ReleaseTrait("comments do not name the endpoint", until="1.23")
    rows = [row for chain, rows in nat.rules_of.items() if chain.startswith("KUBE-FW-") for row in rows]
    if any(each and each.startswith("other traffic to ") for each in nat.values("--comment", rows)):
        yield ReleaseTrait("KUBE-FW ends with a comment on other traffic", since="1.27")


def _filter_traits(filter_: Table) -> Iterator[ReleaseTrait]:
    if "KUBE-PROXY-FIREWALL" in filter_.chains:
        yield ReleaseTrait("KUBE-PROXY-FIREWALL", since="1.25")
    else:
        yield ReleaseTrait("no KUBE-PROXY-FIREWALL", until="1.24")
    if "KUBE-NODEPORTS" in filter_.chains:
        yield ReleaseTrait("KUBE-NODEPORTS in the table filter", since="1.21")
    else:
        yield ReleaseTrait("no KUBE-NODEPORTS in the table filter", until="1.20")
    if "KUBE-FIREWALL" not in filter_.chains:
        yield ReleaseTrait("no KUBE-FIREWALL", until="1.26")
    forward = list(filter_.rules_of.get("KUBE-FORWARD", ()))
    comments = set(filter_.values("--comment", forward))
    if "kubernetes forwarding conntrack pod source rule" in comments:
        yield ReleaseTrait("KUBE-FORWARD has a rule for the source pod", until="1.22")
    elif "kubernetes forwarding conntrack rule" in comments:
        yield ReleaseTrait("KUBE-FORWARD has one rule for known connections", since="1.23")
    if any(filter_.values("--nfacct-name", forward)):
        yield ReleaseTrait("dropped packets are counted by nfacct", since="1.31")


def _has(table: Table, chain: str, target: str) -> bool:
    return any(table.target[row] == target for row in table.rules_of.get(chain, ()))


def nft_traits(table: NftTable) -> list[ReleaseTrait]:
    """The traits in a table of kube-proxy in nftables mode; only what is there counts where it is not complete."""
    return [trait for trait in _nft_traits(table) if table.complete or not trait.what.startswith("no ")]


def _nft_traits(table: NftTable) -> Iterator[ReleaseTrait]:
    yield ReleaseTrait("mode nftables", since="1.29")
    if "endpoints-check" in table.chains:
        yield ReleaseTrait("the chain endpoints-check", until="1.29")
    if "cluster-ips" in table.sets:
        yield ReleaseTrait("the set cluster-ips", since="1.30")
    else:
        yield ReleaseTrait("no set cluster-ips", until="1.29")
    if any(found.comment for found in (*table.sets.values(), *table.maps.values())):
        yield ReleaseTrait("sets and maps have comments", since="1.31")
    if "filter-prerouting" in table.chains:
        yield ReleaseTrait("the chain filter-prerouting", until="1.33")
    if "filter-prerouting-pre-dnat" in table.chains:
        yield ReleaseTrait("the chain filter-prerouting-pre-dnat", since="1.33")
    if "hairpin-connections" in table.sets:
        yield ReleaseTrait("the set hairpin-connections", since="1.36")
    else:
        yield ReleaseTrait("no set hairpin-connections", until="1.35")
    if "localhost-nodeport-reject-ports" in table.maps:
        yield ReleaseTrait("the map localhost-nodeport-reject-ports", since="1.37")
    if "mark-for-masquerade" in table.chains:
        yield ReleaseTrait("the chain mark-for-masquerade", until="1.35")
    yield from _nft_rule_traits(table)


def _nft_rule_traits(table: NftTable) -> Iterator[ReleaseTrait]:
    for name, chain in table.chains.items():
        if not name.startswith("service-"):
            continue
        for rule in chain.rules:
            if any(verdict.chain == "mark-for-masquerade" for verdict in rule.verdicts):
                source = rule.matches("ip", "saddr") or rule.matches("ip6", "saddr")
                if source is None or isinstance(source.right, SetName):
                    continue
                if any(rule.matches(protocol, "dport") for protocol in ("tcp", "udp", "sctp")):
                    yield ReleaseTrait("rules for masquerading name the port", until="1.33")
                else:
                    yield ReleaseTrait("rules for masquerading do not name the port", since="1.34")
                return
            if rule.choice is not None and len(rule.choice[1].pairs) == 1 and rule.nat is not None:
                yield ReleaseTrait("a single endpoint is chosen by numgen", until="1.36")
                return
