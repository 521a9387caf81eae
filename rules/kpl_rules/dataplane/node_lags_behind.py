"""KPL492."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import NodeState, PortState
from kpl.edits import first_line
from kpl.iptables import endpoint_chain, service_chain
from kpl.manifests import is_cluster_dns

_SHOWN = 3
_GONE, _SILENT = "is missing", "has no endpoints"

Ports = Mapping[tuple[str, str], PortState]


def _node(*services: tuple[str, str]) -> str:
    """The nat table of a node: Services ``namespace/name:port`` with one endpoint each."""
    chains, rules = ["KUBE-SERVICES", "KUBE-MARK-MASQ"], ["-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000"]
    for name, pod in services:
        chain, leaf = service_chain("KUBE-SVC-", name, "tcp"), endpoint_chain(name, "tcp", f"{pod}:80")
        chains += [chain, leaf]
        match = f'-d {pod.replace("10.244.", "10.96.")}/32 -p tcp -m comment --comment "{name} cluster IP" -m tcp --dport 80'
        rules += [
            f"-A KUBE-SERVICES {match} -j {chain}",
            f"-A {chain} ! -s 10.244.0.0/16 {match} -j KUBE-MARK-MASQ",
            f'-A {chain} -m comment --comment "{name} -> {pod}:80" -j {leaf}',
            f'-A {leaf} -s {pod}/32 -m comment --comment "{name}" -j KUBE-MARK-MASQ',
            f'-A {leaf} -p tcp -m comment --comment "{name}" -m tcp -j DNAT --to-destination {pod}:80',
        ]
    hooks = [":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    declared = [f":{chain} - [0:0]" for chain in chains]
    jumps = ["-A PREROUTING -j KUBE-SERVICES", "-A OUTPUT -j KUBE-SERVICES"]
    filter_ = ["*filter", ":FORWARD ACCEPT [0:0]", "COMMIT"]
    return "\n".join([*filter_, "*nat", *hooks, *declared, *jumps, *rules, "COMMIT", ""])


def _servers(*services: tuple[str, str]) -> str:
    """The virtual servers of a node with the same Services."""
    lines = ["IP Virtual Server version 1.2.1 (size=4096)", "Prot LocalAddress:Port Scheduler Flags"]
    for _, pod in services:
        address = pod.replace("10.244.", "10.96.")
        lines += [f"TCP  {address}:80 rr", f"  -> {pod}:80                Masq    1      0          0"]
    return "\n".join([*lines, ""])


_NODE_PORT = "TCP  192.0.2.{}:30080 rr\n  -> 10.244.1.1:80                Masq    1      0          0\n"
_A, _B = ("shop/a:web", "10.244.1.1"), ("shop/b:web", "10.244.1.2")
_C, _D = ("shop/c:web", "10.244.1.3"), ("shop/d:web", "10.244.1.4")
_DNS = ("kube-system/kube-dns:dns-tcp", "10.244.1.5")
_LEAF = endpoint_chain("shop/s9:web", "tcp", "10.244.2.9:80")
_TEN = [(f"shop/s{number}:web", f"10.244.2.{number}") for number in range(10)]


class NodeLagsBehind(Rule):
    """One node lacks Services or endpoints that most other nodes in the run have.

    ## Why
    The kube-proxy of each node follows the API server independently. If one hangs, or can no longer load its rules, the
    node keeps an old state: its pods reach deleted Services, and cannot reach new ones.

    The rule compares three or more nodes of one cluster. Virtual servers of IPVS have no names, so it compares their
    addresses, and ignores those that only some nodes have. It ignores a node with several dumps of its Services, for example
    of both iptables backends. It compares Services, and whether they have endpoints.
    Different endpoints of the same Service are reported only if a node has some that the others lack and lacks some
    that the others have, because topology hints may give nodes different endpoints. A node without the cluster DNS is
    an error.

    ## Fix
    A dump cannot be fixed. Read the kube-proxy logs on the node ("Sync failed"), and restart kube-proxy.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL492"
    name = "node-lags-behind"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Dump"
    examples = [
        Bad(
            files(
                **{
                    "node-3.iptables": _node(_A, _B),
                    "node-1.iptables": _node(_A, _B, _C),
                    "node-2.iptables": _node(_A, _B, _C),
                }
            ),
            flags=["*filter"],
        ),
        Good(
            files(
                **{
                    "node-3.iptables": _node(_A, _B),
                    "node-1.iptables": _node(_A, _B),
                    "node-2.iptables": _node(_A, _B),
                }
            )
        ),
        # a node of another cluster
        Good(
            files(
                **{
                    "node-3.iptables": _node(_C, _D),
                    "node-1.iptables": _node(_A, _B),
                    "node-2.iptables": _node(_A, _B),
                }
            )
        ),
        # of two nodes, nobody knows which one is right
        Good(files(**{"node-1.iptables": _node(_A), "node-2.iptables": _node(_A, _B)})),
        # what a node programmed twice is not compared, the others are
        Bad(
            files(
                **{
                    "node-3.iptables": _node(_A, _B),
                    "node-1.iptables": _node(_A, _B, _C),
                    "node-2.iptables": _node(_A, _B, _C),
                    "node-4.iptables": _node(_A, _B, _C),
                    "node-4-legacy.iptables": _node(_A, _B),
                }
            ),
            flags=["*filter"],
        ),
        # virtual servers of IPVS, with a NodePort at the address of each node
        Bad(
            files(
                **{
                    "node-3.ipvs": _servers(_A, _C) + _NODE_PORT.format(3),
                    "node-1.ipvs": _servers(_A, _B, _C) + _NODE_PORT.format(1),
                    "node-2.ipvs": _servers(_A, _B, _C) + _NODE_PORT.format(2),
                }
            ),
            flags=["IP Virtual Server version 1.2.1 (size=4096)"],
            says=["most other nodes: `TCP 10.96.1.2:80` is missing\n"],
        ),
        Good(
            files(
                **{
                    "node-3.ipvs": _servers(_A, _B),
                    "node-1.ipvs": _servers(_A, _B) + _NODE_PORT.format(1).replace("30080", "6443"),
                    "node-2.ipvs": _servers(_A, _B) + _NODE_PORT.format(1).replace("30080", "6443"),
                }
            )
        ),
        # several dumps of one node in one file
        Good(
            files(
                **{
                    "node-3.txt": _node(_A, _B) + _servers(_A, _B, _C),
                    "node-1.iptables": _node(_A, _B, _C),
                    "node-2.iptables": _node(_A, _B, _C),
                }
            )
        ),
        # of four nodes, two and two
        Good(
            files(
                **{
                    "node-1.iptables": _node(_A),
                    "node-2.iptables": _node(_A),
                    "node-3.iptables": _node(_A, _B),
                    "node-4.iptables": _node(_A, _B),
                }
            )
        ),
        # what is missing, and what is left over
        Bad(
            files(
                **{
                    "node-3.iptables": _node(_A, _D, _C),
                    "node-1.iptables": _node(_A, _D, _B),
                    "node-2.iptables": _node(_A, _D, _B),
                    "node-4.iptables": _node(_A, _D, _B),
                }
            ),
            flags=["*filter"],
            says=["most other nodes: `shop/b:web` is missing, `shop/c:web` still exists\n"],
        ),
        # three are told
        Bad(
            files(
                **{
                    "node-3.iptables": _node(*_TEN[:6]),
                    "node-1.iptables": _node(*_TEN),
                    "node-2.iptables": _node(*_TEN),
                }
            ),
            flags=["*filter"],
            says=["`shop/s6:web` is missing, `shop/s7:web` is missing, `shop/s8:web` is missing and 1 more\n"],
        ),
        # without the cluster's DNS nothing works
        Bad(
            files(
                **{
                    "node-3.iptables": _node(*_TEN[:6]),
                    "node-1.iptables": _node(*_TEN[:7], _DNS),
                    "node-2.iptables": _node(*_TEN[:7], _DNS),
                }
            ),
            flags=["*filter"],
            says=["most other nodes: `kube-system/kube-dns:dns-tcp` is missing, `shop/s6:web` is missing\n"],
            severities=[Severity.ERROR],
        ),
        # three, and no more
        Bad(
            files(
                **{
                    "node-3.iptables": _node(*_TEN[:7]),
                    "node-1.iptables": _node(*_TEN),
                    "node-2.iptables": _node(*_TEN),
                }
            ),
            flags=["*filter"],
            says=["`shop/s7:web` is missing, `shop/s8:web` is missing, `shop/s9:web` is missing\n"],
        ),
        # a Service whose endpoints only the others have
        Bad(
            files(
                **{
                    "node-3.iptables": _node(*_TEN).replace(f"-j {_LEAF}\n", "-j KUBE-MARK-MASQ\n"),
                    "node-1.iptables": _node(*_TEN),
                    "node-2.iptables": _node(*_TEN),
                }
            ),
            flags=["*filter"],
            other=["stale-service-chain", "cluster-ip-masquerade"],
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if len(cluster.dumps) < 3:
            return
        for family in (4, 6):
            nodes = [
                (document, _ports(state))
                for document in cluster.dumps
                for state in cluster.node_states(document)
                if state.ip_family == family and state.ports
            ]
            times = Counter(id(each) for document, _ in nodes for each in cluster.of_node(document))
            nodes = [(document, ports) for document, ports in nodes if times[id(document)] == 1]
            if len(nodes) < 3:
                continue
            usual = _usual([ports for _, ports in nodes])
            for document, ports in nodes:
                behind = sorted(_behind(ports, usual), key=lambda each: not _is_dns_lost(*each))
                if behind:
                    yield self._finding(document, behind)

    def _finding(self, document: Document, behind: list[tuple[str, str]]) -> Finding:
        more = f" and {len(behind) - _SHOWN:,} more" if len(behind) > _SHOWN else ""
        return self.finding(
            first_line(document.embedding.text),
            "this node differs from most other nodes: "
            f"{', '.join(f'`{name}` {what}' for name, what in behind[:_SHOWN])}{more}",
            help="Read the kube-proxy logs on this node. Restart kube-proxy if it does not catch up.",
            document=document,
            severity=Severity.ERROR if _is_dns_lost(*behind[0]) else None,
        )


def _ports(state: NodeState) -> Ports:
    """The ports of a node by name and protocol; those of IPVS, which has no names, by their address and port.

    Of these, the API server's own are left out: installers add them on some nodes only.
    """
    named = state.by_name()
    unnamed = {
        (f"{each.protocol} {_socket(each.cluster_ip, each.port)}", each.protocol): each
        for each in state.ports
        if each.name is None and each.cluster_ip is not None and each.port != _API_SERVER
    }
    return {**unnamed, **named}


_API_SERVER = 6443


def _socket(address: str, port: int | None) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _is_dns_lost(name: str, what: str) -> bool:
    return what in (_GONE, _SILENT) and (is_cluster_dns(name) or (" " in name and name.endswith(":53")))


def _usual(nodes: list[Ports]) -> dict[tuple[str, str], frozenset[tuple[str, int]] | None]:
    """The endpoints of each port on more than half of the nodes: None where most do not have the port."""
    usual: dict[tuple[str, str], frozenset[tuple[str, int]] | None] = {}
    for key in {key for ports in nodes for key in ports}:
        found = Counter(_endpoints(ports[key]) if key in ports else None for ports in nodes)
        value, times = found.most_common(1)[0]
        if times * 2 > len(nodes):
            usual[key] = value
    return usual


def _endpoints(port: PortState) -> frozenset[tuple[str, int]]:
    return frozenset((each.address, each.port) for each in port.internal.endpoints)


def _behind(
    ports: Ports, usual: Mapping[tuple[str, str], frozenset[tuple[str, int]] | None]
) -> Iterator[tuple[str, str]]:
    """What is different: the names of Services, sorted, and what is different about them."""
    for key, value in sorted(usual.items()):
        name = key[0]
        here = ports.get(key)
        if here is None:
            if value is not None:
                yield name, _GONE
        elif value is None:
            # a virtual server that one node alone has may be at its own address
            if here.name is not None:
                yield name, "still exists"
        elif not here.internal.local:
            own = _endpoints(here)
            if bool(own) != bool(value):
                yield name, "has endpoints" if own else _SILENT
            elif own & value and own - value and value - own:
                yield name, "has different endpoints"
