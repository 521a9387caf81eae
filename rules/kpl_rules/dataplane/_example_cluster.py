"""A small cluster for examples: the Service shop/web as the API server shows it, and the dump of a node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kpl.dumps import Destination, Endpoint, PortState
from kpl.iptables import endpoint_chain, service_chain

POD = Endpoint("10.244.1.5", 8080)
OTHER_POD = Endpoint("10.244.2.6", 8080)
LOAD_BALANCER = "203.0.113.7"

WEB = PortState("shop/web:http", "TCP", "10.96.3.4", 80, internal=Destination([POD]))
BALANCED = replace(
    WEB,
    node_port=30080,
    load_balancer_ips=[LOAD_BALANCER],
    source_ranges=["198.51.100.0/24"],
    external=Destination([POD]),
)
API = PortState(
    "default/kubernetes:https", "TCP", "10.96.0.1", 443, internal=Destination([Endpoint("192.168.7.1", 6443)])
)
DNS = PortState("kube-system/kube-dns:dns", "UDP", "10.96.0.10", 53, internal=Destination([Endpoint("10.244.1.2", 53)]))

BALANCED_SPEC = {
    "type": "LoadBalancer",
    "ports": "[{name: http, port: 80, protocol: TCP, targetPort: 8080, nodePort: 30080}]",
    "loadBalancerSourceRanges": "[198.51.100.0/24]",
}
BALANCED_STATUS = f"status: {{loadBalancer: {{ingress: [{{ip: {LOAD_BALANCER}}}]}}}}\n"


def service(**spec: Any) -> str:
    """The Service shop/web as ``kubectl get -o yaml`` prints it, with other fields as they are given."""
    lines = [
        "apiVersion: v1",
        "kind: Service",
        "metadata:",
        "  name: web",
        "  namespace: shop",
        "  uid: 4b1f3c52-3d53-4c65-8d6f-6c6b5a1d7f10",
        "spec:",
    ]
    fields = {
        "clusterIP": WEB.cluster_ip,
        "clusterIPs": f"[{WEB.cluster_ip}]",
        "ipFamilies": "[IPv4]",
        "ports": "[{name: http, port: 80, protocol: TCP, targetPort: 8080}]",
        **spec,
    }
    return "\n".join([*lines, *(f"  {key}: {value}" for key, value in fields.items()), ""])


def endpoint_slice(*pods: Endpoint, unready: Endpoint | None = None) -> str:
    """The EndpointSlice of shop/web, with all pods on node1."""
    endpoints = [f"- {{addresses: [{pod.address}], nodeName: node1, conditions: {{ready: true}}}}" for pod in pods]
    if unready:
        endpoints.append(f"- {{addresses: [{unready.address}], nodeName: node1, conditions: {{ready: false}}}}")
    lines = [
        "---",
        "apiVersion: discovery.k8s.io/v1",
        "kind: EndpointSlice",
        "metadata: {name: web-abcde, namespace: shop, labels: {kubernetes.io/service-name: web}}",
        "addressType: IPv4",
        "ports: [{name: http, port: 8080, protocol: TCP}]",
        "endpoints:" if endpoints else "endpoints: []",
        *endpoints,
    ]
    return "\n".join([*lines, ""])


def every_service(*others: str) -> str:
    """`others` and what each cluster has: default/kubernetes, and kube-dns."""
    found = list(others)
    for port, name in ((API, "https"), (DNS, "dns")):
        namespace, _, service_name = (port.name or "").partition(":")[0].partition("/")
        ports = f"[{{name: {name}, port: {port.port}, protocol: {port.protocol}}}]"
        found.append(
            f"apiVersion: v1\nkind: Service\nmetadata: {{name: {service_name}, namespace: {namespace}, uid: 1b2c}}\n"
            f"spec: {{clusterIP: {port.cluster_ip}, clusterIPs: [{port.cluster_ip}], ipFamilies: [IPv4], ports: {ports}}}\n"
        )
    return "---\n".join(found)


def node(*ports: PortState) -> str:
    """What iptables-save prints on a node where kube-proxy of 1.28 or later programmed `ports`, and the two of each cluster."""
    filter_, nat = _FILTER, _NAT
    chains: list[str] = []
    services: list[str] = []
    rest: list[str] = []
    for port in (*ports, API, DNS):
        filter_ += _refusing(port)
        own, into, outside = _chains(port)
        chains += own
        services += into
        rest += outside
    declared = "".join(f":{chain} - [0:0]\n" for chain in dict.fromkeys(chains))
    last = '"kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
    services.append(f"-A KUBE-SERVICES -m comment --comment {last} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS")
    rules = "".join(f"{rule}\n" for rule in (*rest, *services))
    return f"*filter\n{filter_}COMMIT\n*nat\n{nat.format(declared)}{rules}COMMIT\n"


def _refusing(port: PortState) -> str:
    rules = ""
    answer = "REJECT --reject-with icmp-port-unreachable"
    if not port.internal.endpoints:
        rules += f"-A KUBE-SERVICES {_match(port, 'has no endpoints', port.cluster_ip)} -j {answer}\n"
    for address in port.load_balancer_ips if port.source_ranges else ():
        chain = service_chain("KUBE-FW-", port.name or "", port.protocol.lower())
        rules += f"-A KUBE-PROXY-FIREWALL {_match(port, f'traffic not accepted by {chain}', address)} -j DROP\n"
    return rules


def _match(port: PortState, comment: str, address: str | None) -> str:
    protocol = port.protocol.lower()
    said = f'-p {protocol} -m comment --comment "{port.name} {comment}" -m {protocol} --dport {port.port}'
    return f"-d {address}/32 {said}"


def _chains(port: PortState) -> tuple[list[str], list[str], list[str]]:
    """The chains of a Service, the rules that lead to them, and the rules in them."""
    if not port.internal.endpoints:
        return [], [], []
    name, protocol = port.name or "", port.protocol.lower()
    cluster, local, outside, firewall = (
        service_chain(f"KUBE-{kind}-", name, protocol) for kind in ("SVC", "SVL", "EXT", "FW")
    )
    chains = [cluster]
    services = [f"-A KUBE-SERVICES {_match(port, 'cluster IP', port.cluster_ip)} -j {cluster}"]
    rules = [f"-A {cluster} ! -s 10.244.0.0/16 {_match(port, 'cluster IP', port.cluster_ip)} -j KUBE-MARK-MASQ"]
    rules += _spread(port, cluster, port.internal)
    leaves = list(port.internal.endpoints)
    if port.external is not None:
        chains.append(outside)
        if port.external.local:
            chains.append(local)
            own = [each for each in port.external.endpoints if each not in leaves]
            leaves += own
            rules += [
                f'-A {outside} -s 10.244.0.0/16 -m comment --comment "pod traffic for {name} external destinations" -j {cluster}',
                (
                    f'-A {outside} -m comment --comment "masquerade LOCAL traffic for {name} external destinations" '
                    "-m addrtype --src-type LOCAL -j KUBE-MARK-MASQ"
                ),
                (
                    f'-A {outside} -m comment --comment "route LOCAL traffic for {name} external destinations" '
                    f"-m addrtype --src-type LOCAL -j {cluster}"
                ),
                f"-A {outside} -j {local}",
                *_spread(port, local, port.external),
            ]
        else:
            rules += [
                f'-A {outside} -m comment --comment "masquerade traffic for {name} external destinations" -j KUBE-MARK-MASQ',
                f"-A {outside} -j {cluster}",
            ]
    if port.node_port is not None:
        port_of_node = f'-p {protocol} -m comment --comment "{name}" -m {protocol} --dport {port.node_port}'
        rules.append(f"-A KUBE-NODEPORTS {port_of_node} -j {outside}")
    way = firewall if port.source_ranges else outside
    for address in port.load_balancer_ips:
        services.append(f"-A KUBE-SERVICES {_match(port, 'loadbalancer IP', address)} -j {way}")
    if port.source_ranges:
        chains.append(firewall)
        for network in port.source_ranges:
            rules.append(f'-A {firewall} -s {network} -m comment --comment "{name} loadbalancer IP" -j {outside}')
        comment = f"other traffic to {name} will be dropped by KUBE-PROXY-FIREWALL"
        rules.append(f'-A {firewall} -m comment --comment "{comment}"')
    for endpoint in leaves:
        leaf = endpoint_chain(name, protocol, f"{endpoint.address}:{endpoint.port}")
        chains.append(leaf)
        rules += [
            f'-A {leaf} -s {endpoint.address}/32 -m comment --comment "{name}" -j KUBE-MARK-MASQ',
            (
                f'-A {leaf} -p {protocol} -m comment --comment "{name}" -m {protocol} '
                f"-j DNAT --to-destination {endpoint.address}:{endpoint.port}"
            ),
        ]
    return chains, services, rules


def _spread(port: PortState, chain: str, destination: Destination) -> Iterator[str]:
    name, protocol = port.name or "", port.protocol.lower()
    for left, each in zip(range(len(destination.endpoints), 0, -1), destination.endpoints, strict=True):
        leaf = endpoint_chain(name, protocol, f"{each.address}:{each.port}")
        chance = f" -m statistic --mode random --probability {1 / left:.11f}" if left > 1 else ""
        yield f'-A {chain} -m comment --comment "{name} -> {each.address}:{each.port}"{chance} -j {leaf}'


_NEW = '-m conntrack --ctstate NEW -m comment --comment "kubernetes'
_FILTER = f"""\
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-PROXY-CANARY - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -j KUBE-FIREWALL
-A INPUT {_NEW} load balancer firewall" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
-A INPUT {_NEW} externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A FORWARD {_NEW} load balancer firewall" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD {_NEW} service portals" -j KUBE-SERVICES
-A FORWARD {_NEW} externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A OUTPUT {_NEW} load balancer firewall" -j KUBE-PROXY-FIREWALL
-A OUTPUT {_NEW} service portals" -j KUBE-SERVICES
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" \
-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED \
-j ACCEPT
"""
_NAT = """\
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-PROXY-CANARY - [0:0]
:KUBE-SERVICES - [0:0]
{}-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
"""
