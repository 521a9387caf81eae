"""The objects that the small dumps of the repository are of: what kube-proxy saw when it wrote them."""

from __future__ import annotations

from typing import Any

from objects import endpoint


def _objects(
    name: str, address: str, ports: str, target: int, endpoints: list[dict[str, Any]], **spec: Any
) -> list[dict[str, Any]]:
    """A Service and its EndpointSlice; `ports` is ``NAME:PORT/PROTOCOL``, with the node port behind a comma."""
    namespace, _, service = name.partition("/")
    written, _, node_port = ports.partition(",")
    port_name, _, rest = written.partition(":")
    number, _, protocol = rest.partition("/")
    port: dict[str, Any] = {"port": int(number), "protocol": protocol, **({"name": port_name} if port_name else {})}
    metadata = {"name": service, "namespace": namespace, "uid": name}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {
                "type": "ClusterIP",
                "clusterIP": address,
                "clusterIPs": [address],
                "ipFamilies": ["IPv4"],
                "ports": [{**port, **({"nodePort": int(node_port)} if node_port else {})}],
                **{key: value for key, value in spec.items() if key != "ingress"},
            },
            "status": {"loadBalancer": {"ingress": [{"ip": each} for each in spec.get("ingress", ())]}},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "name": f"{service}-abcde", "labels": {"kubernetes.io/service-name": service}},
            "addressType": "IPv4",
            "ports": [{**port, "port": target}],
            "endpoints": endpoints,
        },
    ]


_LOCAL = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}

OF_NODE_DUMP = [
    *_objects("default/kubernetes", "10.96.0.1", "https:443/TCP", 6443, [endpoint("192.0.2.10")]),
    *_objects(
        "shop/cart",
        "10.96.10.1",
        "http:80/TCP,30080",
        8080,
        [endpoint("10.244.1.5", "node1"), endpoint("10.244.1.6", "node1"), endpoint("10.244.2.7", "node2")],
        type="NodePort",
    ),
    *_objects(
        "shop/pay",
        "10.96.10.2",
        ":443/TCP,30443",
        8443,
        [endpoint("10.244.1.9", "node1"), endpoint("10.244.3.9", "node3"), endpoint("10.244.2.9", "node2", "unready")],
        ingress=["203.0.113.20"],
        healthCheckNodePort=31999,
        loadBalancerSourceRanges=["198.51.100.0/24"],
        **_LOCAL,
    ),
    *_objects(
        "shop/far",
        "10.96.10.3",
        "http:80/TCP,30110",
        8080,
        [endpoint("10.244.3.4", "node3")],
        ingress=["203.0.113.21"],
        healthCheckNodePort=31998,
        **_LOCAL,
    ),
    *_objects(
        "shop/game",
        "10.96.10.4",
        ":7000/UDP",
        7000,
        [endpoint("10.244.1.8", "node1"), endpoint("10.244.2.8", "node2")],
        sessionAffinity="ClientIP",
        sessionAffinityConfig={"clientIP": {"timeoutSeconds": 10800}},
    ),
    *_objects("shop/idle", "10.96.10.9", "http:80/TCP,30090", 8080, [], type="NodePort"),
]
"""Of `kpl.testing.node_dump`, which is ``node1``."""

OF_NFT = [
    *_objects("default/kubernetes", "10.96.0.1", "https:443/TCP", 6443, [endpoint("192.168.77.1")]),
    *_objects(
        "shop/web",
        "10.96.0.7",
        "http:80/TCP,30080",
        8080,
        [endpoint("10.244.1.7", "node1"), endpoint("10.244.2.9", "node2")],
        type="NodePort",
    ),
    *_objects("shop/pay", "10.96.0.8", "http:80/TCP", 8080, []),
]
"""Of the tables in `kpl_rules.dataplane._nft`."""
