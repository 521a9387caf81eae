"""Dumps of the other kinds, and the model of what a node does with the traffic of Services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.conntrack import entries_made as entries_made
    from kpl.conntrack import lost_to_a_full_table as lost_to_a_full_table
    from kpl.conntrack import lost_to_clashes as lost_to_clashes
    from kpl.conntrack import table_size as table_size
    from kpl.inputs.dumps.ipset import IpsetDump as IpsetDump
    from kpl.inputs.dumps.ipvs import IpvsDump as IpvsDump
    from kpl.inputs.dumps.ipvs import VirtualServer as VirtualServer
    from kpl.inputs.evidence.conntrack import ConntrackDump as ConntrackDump
    from kpl.inputs.evidence.ipvsconnections import IpvsConnection as IpvsConnection
    from kpl.inputs.evidence.ipvsconnections import IpvsConnections as IpvsConnections
    from kpl.inputs.evidence.listing import Listing as Listing
    from kpl.inputs.registry import is_dump as is_dump
    from kpl.proxy.dumps.inspection import mode_of as mode_of
    from kpl.proxy.dumps.nodes import are_of_two_backends as are_of_two_backends
    from kpl.proxy.ipvs.sets import Frontend as Frontend
    from kpl.proxy.ipvs.sets import sets_of_node as sets_of_node
    from kpl.proxy.node.bridges import is_bridge_of_others as is_bridge_of_others
    from kpl.proxy.node.compare import Difference as Difference
    from kpl.proxy.node.compare import DifferenceKind as DifferenceKind
    from kpl.proxy.node.state import Destination as Destination
    from kpl.proxy.node.state import Endpoint as Endpoint
    from kpl.proxy.node.state import NodeState as NodeState
    from kpl.proxy.node.state import PortState as PortState
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.conntrack": "entries_made lost_to_a_full_table lost_to_clashes table_size",
            "kpl.inputs.evidence.conntrack": "ConntrackDump",
            "kpl.inputs.registry": "is_dump",
            "kpl.inputs.dumps.ipset": "IpsetDump",
            "kpl.inputs.dumps.ipvs": "IpvsDump VirtualServer",
            "kpl.inputs.evidence.ipvsconnections": "IpvsConnection IpvsConnections",
            "kpl.inputs.evidence.listing": "Listing",
            "kpl.proxy.node.bridges": "is_bridge_of_others",
            "kpl.proxy.dumps.inspection": "mode_of",
            "kpl.proxy.dumps.nodes": "are_of_two_backends",
            "kpl.proxy.ipvs.sets": "Frontend sets_of_node",
            "kpl.proxy.node.compare": "Difference DifferenceKind",
            "kpl.proxy.node.state": "Destination Endpoint NodeState PortState",
        },
    )
