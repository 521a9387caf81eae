"""What the IPVS tables of a node do with the traffic of Services, as one model for all data planes."""

from __future__ import annotations

import ipaddress

from kpl.inputs.dumps.ipvs import IpvsDump, RealServer, VirtualServer
from kpl.proxy.ipvs.sets import (
    CLUSTER_IP,
    EXTERNAL_IP,
    EXTERNAL_IP_LOCAL,
    LOAD_BALANCER,
    LOAD_BALANCER_LOCAL,
    NODE_PORTS,
    NODE_PORTS_LOCAL,
    Frontend,
    KubeSets,
)
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState

_BY_WEIGHT = frozenset(("wrr", "wlc", "sed", "mh", "sh"))
"""Schedulers that give a real server of twice the weight twice the connections, where all else is equal."""


def node_states(ipvs: IpvsDump, sets: KubeSets | None = None) -> list[NodeState]:
    """The virtual servers of the last listing, an entry for each and a state for each IP family that has any.

    IPVS tells no names, and nothing of which addresses are one Service's: each address and port is an entry of its own,
    and so is a node port, on however many addresses of the node it stands. Without `sets` every address counts as a
    cluster IP. Virtual servers of a firewall mark are left out, and so are those whose address or port the dump
    has by a name.
    """
    states: dict[int, NodeState] = {}
    node_ports: set[tuple[int, str, int]] = set()
    for server in ipvs.tables[-1].servers if ipvs.tables else ():
        family = _family(server.address)
        if server.protocol == "FWM" or family is None or server.port is None:
            continue
        state = states.setdefault(family, NodeState(family))
        port = _port_state(server, Frontend(server.protocol, server.address, server.port), sets)
        if port.node_port is not None:
            key = (family, port.protocol, port.node_port)
            if key in node_ports:
                continue
            node_ports.add(key)
        state.ports.append(port)
    return [states[family] for family in sorted(states)]


def _family(address: str) -> int | None:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return None


def _port_state(server: VirtualServer, frontend: Frontend, sets: KubeSets | None) -> PortState:
    state = PortState(None, server.protocol, affinity_seconds=server.persistent)
    destination = Destination(endpoints(server))
    if sets is None or sets.holds(CLUSTER_IP, frontend):
        state.cluster_ip, state.port, state.internal = frontend.address, frontend.port, destination
        return state
    if sets.holds(LOAD_BALANCER, frontend):
        state.load_balancer_ips, state.port = [frontend.address], frontend.port
        state.source_ranges = sets.source_ranges(frontend)
        destination.local = sets.holds(LOAD_BALANCER_LOCAL, frontend)
    elif sets.holds(EXTERNAL_IP, frontend) or sets.holds(EXTERNAL_IP_LOCAL, frontend):
        state.external_ips, state.port = [frontend.address], frontend.port
        destination.local = sets.holds(EXTERNAL_IP_LOCAL, frontend)
    elif frontend.protocol in NODE_PORTS and sets.holds(NODE_PORTS[frontend.protocol], frontend):
        state.node_port = frontend.port
        destination.local = sets.holds(NODE_PORTS_LOCAL[frontend.protocol], frontend)
    else:
        state.cluster_ip, state.port, state.internal = frontend.address, frontend.port, destination
        return state
    state.external = destination
    return state


def endpoints(server: VirtualServer) -> list[Endpoint]:
    """Where new connections to `server` go.

    A real server of weight 0 gets none (it is draining), so it is no endpoint. Under ``rr``, kube-proxy's default, all
    others get the same share; under the schedulers that look at weights, a share by its weight. A scheduler that counts
    connections (``lc``) evens them out, so that is an equal share as well.
    """
    takers = [real for real in server.real_servers if real.weight != 0 and real.port is not None]
    by_weight = server.scheduler in _BY_WEIGHT
    total = sum(_share(real, by_weight) for real in takers)
    return [
        Endpoint(real.address, real.port, _share(real, by_weight) / total) for real in takers if real.port is not None
    ]


def _share(real: RealServer, by_weight: bool) -> int:
    return real.weight or 1 if by_weight else 1
