"""What a dump is: who wrote it, which kube-proxy programmed it in which mode, and how much of it there is."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from kpl.inputs.dumps.ipvs import IpvsDump
from kpl.inputs.dumps.nftables import NftRuleset
from kpl.inputs.dumps.ruleset import Ruleset
from kpl.inputs.dumps.saveheaders import LEGACY, NFTABLES, header_above, save_headers
from kpl.proxy.dumps.agents import agents_of_chains, agents_of_tables
from kpl.proxy.dumps.release_traits import ReleaseTrait, bounds, iptables_traits, nft_traits
from kpl.proxy.iptables.chains import SERVICES
from kpl.proxy.iptables.programmed import longest_walk
from kpl.proxy.iptables.states import IptablesDump, dumps_in, read_state
from kpl.proxy.ipvs.states import node_states as ipvs_states
from kpl.proxy.nft.states import iptables_tables, kube_proxy_tables
from kpl.proxy.nft.states import node_states as nft_states
from kpl.proxy.node.state import NodeState
from kpl.text.version import Version

_BACKENDS = {NFTABLES: "nft", LEGACY: "legacy", None: None}
"""What a backend is called here."""


@dataclass
class Inspection:
    """What one dump is."""

    format: str
    """``iptables-save``, ``nft``, ``nft-json`` or ``ipvs``."""
    backend: str | None
    """``nft`` or ``legacy``, of iptables; None where the dump does not tell."""
    writer: str | None
    """The program that wrote the dump, with its version."""
    mode: str | None
    """kube-proxy's mode; None where there is no trace of it."""
    complete: bool
    """Whether the tables that kube-proxy writes are all there, from their first line to their last."""
    traits: list[ReleaseTrait]
    rules: int
    chains: int
    walk: int
    """With how many rules the first packet of a connection to no Service is compared."""
    state: NodeState
    agents: list[str] = field(default_factory=list)
    """Other programs that have chains or tables here."""
    read: bool = True
    """Whether `state` was read from the rules; not from those of iptables that nft prints, which lack a part of them."""

    @property
    def oldest(self) -> str | None:
        """The first Kubernetes release that the traits allow; None where they contradict each other."""
        return None if self.contradicting else bounds(self.traits)[0]

    @property
    def newest(self) -> str | None:
        """The last Kubernetes release that the traits allow; None where they contradict each other."""
        return None if self.contradicting else bounds(self.traits)[1]

    @property
    def contradicting(self) -> bool:
        """Whether no release has all of the traits: two have written the dump, or one left what an older one wrote."""
        oldest, newest = bounds(self.traits)
        return oldest is not None and newest is not None and Version(oldest) > Version(newest)

    @property
    def deciding(self) -> list[ReleaseTrait]:
        """The traits that say which releases it can be, or that contradict each other."""
        oldest, newest = bounds(self.traits)
        return [trait for trait in self.traits if trait[1:] in {(oldest, None), (None, newest)}]

    @property
    def services(self) -> int | None:
        """How many Services there are; None where they are not read."""
        if not self.read:
            return None
        return len({port.name.partition(":")[0] if port.name else id(port) for port in self.state.ports})

    @property
    def endpoints(self) -> int | None:
        """How many addresses and ports traffic is sent to; None where they are not read."""
        if not self.read:
            return None
        found = set()
        for port in self.state.ports:
            for destination in (port.internal, port.external):
                found |= {each[:2] for each in destination.endpoints} if destination else set()
        return len(found)


def inspect_iptables(ruleset: Ruleset) -> Iterator[Inspection]:
    """What each dump in a file of iptables-save is."""
    headers = list(save_headers(ruleset.text))
    for dump in dumps_in(ruleset):
        tables = dump.tables.values()
        header = header_above(headers, min((table.start for table in tables), default=0))
        mode = mode_of(dump)
        traits = iptables_traits(dump, saved=header is not None)
        yield Inspection(
            "iptables-save",
            _BACKENDS[header.backend] if header else None,
            header.writer if header else None,
            mode,
            dump.whole,
            traits if mode == "iptables" else [],
            sum(len(table.chain) for table in tables),
            sum(len(table.chains) for table in tables),
            longest_walk(dump.nat),
            read_state(dump),
            sorted(agents_of_chains(chain for table in tables for chain in table.chains or table.rules_of)),
        )


def inspect_nft(ruleset: NftRuleset) -> Iterator[Inspection]:
    """What each table of kube-proxy in a file of nftables is; the whole file where there is none."""
    kind = "nft-json" if ruleset.json else "nft"
    agents = sorted(agents_of_tables(ruleset))
    found = False
    for (table, _), state in zip(kube_proxy_tables(ruleset), nft_states(ruleset), strict=True):
        found = True
        rules = sum(len(chain.rows) for chain in table.chains.values())
        complete, traits = table.complete, nft_traits(table)
        yield Inspection(kind, None, None, "nftables", complete, traits, rules, len(table.chains), 0, state, agents)
    for family in (4, 6):
        of_iptables = list(iptables_tables(ruleset, family))
        mode = _mode_of_chains({chain for table in of_iptables for chain in table.chains})
        if mode is not None:
            found = True
            rules = sum(len(chain.rows) for table in of_iptables for chain in table.chains.values())
            chains = sum(len(table.chains) for table in of_iptables)
            complete = all(table.complete for table in of_iptables)
            yield Inspection(
                kind, "nft", None, mode, complete, [], rules, chains, 0, NodeState(family), agents, read=False
            )
    if not found:
        tables = ruleset.tables
        rules = sum(len(chain.rows) for table in tables for chain in table.chains.values())
        chains = sum(len(table.chains) for table in tables)
        complete = all(table.complete for table in tables)
        yield Inspection(kind, None, None, None, complete, [], rules, chains, 0, NodeState(4), agents)


def inspect_ipvs(ipvs: IpvsDump) -> Iterator[Inspection]:
    """What the last listing of virtual servers is, for each IP family."""
    for state in ipvs_states(ipvs) or [NodeState(4)]:
        yield Inspection("ipvs", None, None, "ipvs" if state.ports else None, bool(state.ports), [], 0, 0, 0, state)


def mode_of(dump: IptablesDump) -> str | None:
    """kube-proxy's mode, of which a dump of iptables-save shows three; None where there is no trace of it."""
    nat = dump.nat
    if any(chain.startswith("KUBE-PORTALS-") for chain in (*nat.chains, *nat.rules_of)):
        return "userspace"
    rows = [row for chain in (SERVICES, "KUBE-POSTROUTING") for row in nat.rules_of.get(chain, ())]
    if any(name and name.startswith("KUBE-") for name in nat.values("--match-set", rows)):
        return "ipvs"
    if SERVICES in nat.chains or SERVICES in nat.rules_of or any(c.startswith("KUBE-SVC-") for c in nat.rules_of):
        return "iptables"
    return None


def _mode_of_chains(chains: Set[str]) -> str | None:
    """kube-proxy's mode by the chains of iptables alone; None where there is no trace of it."""
    if any(chain.startswith("KUBE-PORTALS-") for chain in chains):
        return "userspace"
    if SERVICES not in chains:
        return None
    return "ipvs" if chains & {"KUBE-LOAD-BALANCER", "KUBE-NODE-PORT"} else "iptables"
