"""Dumps of nft list ruleset: their tables, and the chains, sets and maps that kube-proxy programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.inputs.dumps.nftables import NftChain as NftChain
    from kpl.inputs.dumps.nftables import NftRuleset as NftRuleset
    from kpl.inputs.dumps.nftables import NftSet as NftSet
    from kpl.inputs.dumps.nftables import NftTable as NftTable
    from kpl.inputs.dumps.nftrule import NftRule as NftRule
    from kpl.inputs.dumps.nftrule import NftVerdict as NftVerdict
    from kpl.proxy.dumps.agents import agents_of_tables as agents_of_tables
    from kpl.proxy.nft.facts import chains_reached_from_hook as chains_reached_from_hook
    from kpl.proxy.nft.facts import chains_that_forward_nothing as chains_that_forward_nothing
    from kpl.proxy.nft.facts import is_flushed as is_flushed
    from kpl.proxy.nft.facts import is_whole as is_whole
    from kpl.proxy.nft.facts import jumps_in as jumps_in
    from kpl.proxy.nft.facts import knows_no_service as knows_no_service
    from kpl.proxy.nft.facts import mark_bits as mark_bits
    from kpl.proxy.nft.facts import mark_cleared as mark_cleared
    from kpl.proxy.nft.facts import mark_set as mark_set
    from kpl.proxy.nft.facts import mark_tested as mark_tested
    from kpl.proxy.nft.facts import pod_network as pod_network
    from kpl.proxy.nft.facts import rules_that_forward_nothing as rules_that_forward_nothing
    from kpl.proxy.nft.facts import whole_tables as whole_tables
    from kpl.proxy.nft.hostports import host_port_of as host_port_of
    from kpl.proxy.nft.names import NftName as NftName
    from kpl.proxy.nft.names import read_name as read_name
    from kpl.proxy.nft.networks import NetworkCondition as NetworkCondition
    from kpl.proxy.nft.networks import needs_mark as needs_mark
    from kpl.proxy.nft.networks import network_conditions as network_conditions
    from kpl.proxy.nft.states import iptables_tables as iptables_tables
    from kpl.proxy.nft.states import kube_proxy_tables as kube_proxy_tables
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.inputs.dumps.nftables": "NftChain NftRuleset NftSet NftTable",
            "kpl.inputs.dumps.nftrule": "NftRule NftVerdict",
            "kpl.proxy.dumps.agents": "agents_of_tables",
            "kpl.proxy.nft.facts": """
                chains_reached_from_hook chains_that_forward_nothing is_flushed is_whole jumps_in knows_no_service
                mark_bits mark_cleared mark_set mark_tested pod_network rules_that_forward_nothing whole_tables
            """,
            "kpl.proxy.nft.hostports": "host_port_of",
            "kpl.proxy.nft.names": "NftName read_name",
            "kpl.proxy.nft.networks": "NetworkCondition needs_mark network_conditions",
            "kpl.proxy.nft.states": "iptables_tables kube_proxy_tables",
        },
    )
