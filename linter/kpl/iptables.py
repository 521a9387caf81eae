"""Dumps of iptables-save: their tables, and the chains that kube-proxy programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.inputs.dumps.ruleset import Ruleset as Ruleset
    from kpl.inputs.dumps.ruleset import Table as Table
    from kpl.inputs.dumps.saveheaders import SaveHeader as SaveHeader
    from kpl.inputs.dumps.saveheaders import header_above as header_above
    from kpl.inputs.dumps.saveheaders import legacy_warning as legacy_warning
    from kpl.inputs.dumps.saveheaders import save_headers as save_headers
    from kpl.inputs.dumps.shapes import open_line as open_line
    from kpl.proxy.iptables.chains import IPTABLES_EXTENSIONS as IPTABLES_EXTENSIONS
    from kpl.proxy.iptables.chains import endpoint_chain as endpoint_chain
    from kpl.proxy.iptables.chains import is_certainly_a_chain as is_certainly_a_chain
    from kpl.proxy.iptables.chains import service_chain as service_chain
    from kpl.proxy.iptables.leaves import MARK_MASQ as MARK_MASQ
    from kpl.proxy.iptables.leaves import Portal as Portal
    from kpl.proxy.iptables.leaves import branches as branches
    from kpl.proxy.iptables.leaves import chains_leading_to as chains_leading_to
    from kpl.proxy.iptables.leaves import chains_reached_from as chains_reached_from
    from kpl.proxy.iptables.leaves import host_of as host_of
    from kpl.proxy.iptables.leaves import is_large as is_large
    from kpl.proxy.iptables.leaves import is_unconditional as is_unconditional
    from kpl.proxy.iptables.leaves import named_leaves as named_leaves
    from kpl.proxy.iptables.leaves import odd_leaves as odd_leaves
    from kpl.proxy.iptables.leaves import per_service as per_service
    from kpl.proxy.iptables.leaves import portals as portals
    from kpl.proxy.iptables.marks import mark_of as mark_of
    from kpl.proxy.iptables.marks import matched_mark as matched_mark
    from kpl.proxy.iptables.marks import written_mark as written_mark
    from kpl.proxy.iptables.programmed import kube_proxy_rules as kube_proxy_rules
    from kpl.proxy.iptables.programmed import longest_walk as longest_walk
    from kpl.proxy.iptables.programmed import programmed_services as programmed_services
    from kpl.proxy.iptables.scale import IPTABLES_SERVICES as IPTABLES_SERVICES
    from kpl.proxy.iptables.scale import how_often_in_full as how_often_in_full
    from kpl.proxy.iptables.scale import rules_walked_by_first_packet as rules_walked_by_first_packet
    from kpl.proxy.iptables.scale import rules_written_by_full_sync as rules_written_by_full_sync
    from kpl.proxy.iptables.states import dumps_in as dumps_in
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.inputs.dumps.ruleset": "Ruleset Table",
            "kpl.inputs.dumps.saveheaders": "SaveHeader header_above legacy_warning save_headers",
            "kpl.inputs.dumps.shapes": "open_line",
            "kpl.proxy.iptables.chains": "IPTABLES_EXTENSIONS endpoint_chain is_certainly_a_chain service_chain",
            "kpl.proxy.iptables.leaves": """
                MARK_MASQ Portal branches chains_leading_to chains_reached_from host_of is_large
                is_unconditional named_leaves odd_leaves per_service portals
            """,
            "kpl.proxy.iptables.marks": "mark_of matched_mark written_mark",
            "kpl.proxy.iptables.programmed": "kube_proxy_rules longest_walk programmed_services",
            "kpl.proxy.iptables.scale": """
                IPTABLES_SERVICES how_often_in_full rules_walked_by_first_packet rules_written_by_full_sync
            """,
            "kpl.proxy.iptables.states": "dumps_in",
        },
    )
