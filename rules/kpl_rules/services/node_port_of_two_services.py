"""KPL609."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.manifests import Scalar, Service

_CART = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  type: NodePort
  selector: {app: cart}
  ports:
    - port: 80
      nodePort: 30080
"""
_WEB = _CART.replace("cart", "web")


def _of(*services: str) -> dict[str, str]:
    return {"services.yaml": "---\n".join(services)}


class NodePortOfTwoServices(Rule):
    """Two Services have the same `nodePort`, so Kubernetes refuses the one that is created second.

    ## Why
    A NodePort belongs to one Service of the cluster, whatever the namespace and the protocol. The API server refuses the
    second Service: "provided port is already allocated". Which of the two that is depends on the order in which they are created.

    The rule compares Services in one folder, because files in other folders can be for another cluster.

    ## Fix
    There is no automatic fix. Set another port, or remove `nodePort`: Kubernetes then chooses a free one.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
    """

    code = "KPL609"
    name = "node-port-of-two-services"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Service"
    clue = "nodePort\nNodePort"
    examples = [
        Bad(
            _of(_CART, _WEB),
            flags=["30080"],
            says=["`web` has the `nodePort` 30080, which `cart` has too"],
        ),
        Bad(files(**{"a.yaml": _CART, "b.yaml": _WEB.replace("namespace: shop", "namespace: edge")}), flags=["30080"]),
        Bad(_of(_CART, _WEB.replace("      nodePort", "      protocol: UDP\n      nodePort")), flags=["30080"]),
        Bad(
            _of(
                _CART.replace("ports:", "healthCheckNodePort: 30081\n  externalTrafficPolicy: Local\n  ports:").replace(
                    "NodePort\n  s", "LoadBalancer\n  s"
                ),
                _WEB.replace("30080", "30081"),
            ),
            flags=["30081"],
        ),
        Good(_of(_CART, _WEB.replace("30080", "30081"))),
        Good(_of(_CART, _WEB.replace("30080", "0"), _WEB.replace("web", "api").replace("      nodePort: 30080\n", ""))),
        # one Service with two protocols, two versions of one Service, another folder
        Good(
            _of(
                _CART.replace("    - port: 80\n", "    - name: a\n      port: 80\n")
                + "    - {name: b, port: 80, protocol: UDP, nodePort: 30080}\n"
            )
        ),
        Good(_of(_CART, _CART)),
        Good(files(**{"a/cart.yaml": _CART, "b/web.yaml": _WEB})),
        # one is not a NodePort
        Good(
            _of(_CART, _WEB.replace("type: NodePort", "type: ClusterIP")),
            other=["service-refused"],
        ),
        Good(_of(_CART.replace("30080", "${PORT}"), _WEB.replace("30080", "${PORT}"))),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        found: dict[tuple[str, int], list[tuple[Document, Service, Scalar]]] = defaultdict(list)
        for document, service in cluster.service_map.services:
            if service.type in ("NodePort", "LoadBalancer") and not document.templated:
                for number, node in _node_ports(service):
                    found[os.path.dirname(document.path), number].append((document, service, node))
        for (_, number), users in found.items():
            where, first, place = users[0]
            names = {str(first.name)}
            for document, service, node in users[1:]:
                if str(service.name) in names:
                    continue
                names.add(str(service.name))
                yield self.finding(
                    node.span,
                    f"`{service.name}` has the `nodePort` {number}, which `{first.name}` has too, so Kubernetes refuses one of "
                    "the two Services",
                    help="Set another port. Or remove `nodePort`, so that Kubernetes chooses one.",
                    related=[Related(place.span, "the other Service", where)],
                    document=document,
                )


def _node_ports(service: Service) -> Iterator[tuple[int, Scalar]]:
    spec = service.node.mapping("spec")
    assert spec is not None
    for port, node in zip(service.ports, service.port_nodes, strict=True):
        written = node.scalar("nodePort")
        if port.node_port is not None and written is not None:
            yield port.node_port, written
    written = spec.scalar("healthCheckNodePort")
    if service.health_check_node_port is not None and written is not None:
        yield service.health_check_node_port, written
