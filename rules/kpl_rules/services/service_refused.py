"""KPL602."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, manifest
from kpl.manifests import Mapping, Scalar, Service

_HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\nspec:\n  selector: {app: cart}\n"
_PORTS = "  ports:\n    - port: 80\n      targetPort: 8080\n"
_TWO = "  ports:\n    - port: 80\n    - name: metrics\n      port: 9090\n"
_EXTERNAL = ("NodePort", "LoadBalancer")
_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "loadBalancerClass": ("LoadBalancer",),
    "loadBalancerSourceRanges": ("LoadBalancer",),
    "allocateLoadBalancerNodePorts": ("LoadBalancer",),
    "healthCheckNodePort": ("LoadBalancer",),
}


def _service(spec: str, ports: str = _PORTS) -> dict[str, str]:
    return manifest(_HEAD + spec + ports)


class ServiceRefused(Rule):
    """Fields of a Service contradict each other, so Kubernetes refuses the Service.

    ## Why
    The API server refuses a Service with several ports of which one has no name, with one name or one port and protocol twice, a
    NodePort or load balancer without a cluster IP, and with fields that are only for other types. `kubectl apply` and GitOps
    tools then leave the old Service as it is, or there is none and its name does not resolve.

    ## Fix
    There is no automatic fix except for a missing name of the port 80 or 443, which kpl calls `http` or `https` if that is free.
    The fix is marked as unsafe, because the name is in DNS (SRV) and in the EndpointSlices.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/apis/core/validation/validation.go (`validateService`)
    """

    code = "KPL602"
    name = "service-refused"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            _service("", _TWO),
            flags=["80"],
            says=["port 80 has no name, but `cart` has 2 ports"],
            fixed=_HEAD + "  ports:\n    - name: http\n      port: 80\n    - name: metrics\n      port: 9090\n",
            safe=False,
        ),
        Bad(_service("", "  ports:\n    - port: 8080\n    - port: 9090\n"), flags=["8080", "9090"]),
        Bad(_service("", _TWO.replace("metrics", "http")), flags=["80"]),
        Bad(
            _service("", "  ports:\n    - {name: web, port: 80}\n    - {name: web, port: 81}\n"),
            flags=["web"],
            says=["two ports of `cart` have the name `web`"],
        ),
        Bad(
            _service("", "  ports:\n    - {name: web, port: 80}\n    - {name: http, port: 80}\n"),
            flags=["80"],
            says=["`cart` has port 80 for TCP twice"],
        ),
        Good(_service("", "  ports:\n    - {name: dns, port: 53, protocol: UDP}\n    - {name: dns-tcp, port: 53}\n")),
        # headless and not
        Bad(
            _service("  type: NodePort\n  clusterIP: None\n"),
            flags=["None"],
            says=["a Service of the type `NodePort` needs a cluster IP"],
        ),
        Bad(_service("  type: LoadBalancer\n  clusterIP: None\n"), flags=["None"]),
        Good(_service("  clusterIP: None\n")),
        Good(_service("  type: NodePort\n")),
        # only for other types
        Bad(
            _service("  externalTrafficPolicy: Local\n"),
            flags=["externalTrafficPolicy"],
            says=["only for Services of the type `NodePort` or `LoadBalancer`, and `cart` is of the type `ClusterIP`"],
        ),
        Bad(_service("  type: ClusterIP\n  externalTrafficPolicy: Cluster\n"), flags=["externalTrafficPolicy"]),
        Good(_service("  externalTrafficPolicy: Local\n  externalIPs: [192.0.2.7]\n")),
        Good(_service("  type: LoadBalancer\n  externalTrafficPolicy: Local\n  healthCheckNodePort: 30100\n")),
        Bad(
            _service("  type: NodePort\n  loadBalancerSourceRanges: [192.0.2.0/24]\n"),
            flags=["loadBalancerSourceRanges"],
        ),
        Bad(
            _service("", "  ports:\n    - port: 80\n      nodePort: 30080\n"),
            flags=["nodePort"],
            says=["`nodePort` is only for Services of the type `NodePort` or `LoadBalancer`"],
        ),
        Good(_service("  type: NodePort\n", "  ports:\n    - port: 80\n      nodePort: 30080\n")),
        Good(_service("", "  ports:\n    - port: 80\n      nodePort: 0\n")),
        # Kubernetes refuses it with `ClusterIP` only
        Good(
            _service(
                "  type: ExternalName\n  externalName: a.example\n", "  ports:\n    - port: 80\n      nodePort: 30080\n"
            )
        ),
        # Kubernetes removes the configuration of an affinity that is `None`
        Good(_service("  sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}\n")),
        Good(_service("  sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}\n")),
        # a patch says half of it, and so does a template
        Good(manifest(_HEAD.replace("  selector: {app: cart}\n", "") + _TWO)),
        Good(manifest(_HEAD.replace("  selector: {app: cart}\n", "") + "  externalTrafficPolicy: Local\n")),
        Good(_service("  type: ${TYPE}\n  externalTrafficPolicy: Local\n", _PORTS)),
        Good(_service("", "  ports:\n    - port: ${A}\n      name: ${B}\n    - port: ${A}\n      name: ${B}\n")),
    ]

    def check(self, service: Service, document: Document) -> Iterator[Finding]:
        """See the class."""
        spec = service.node.mapping("spec")
        if spec is None or service.live:
            return
        if service.selector is not None and not document.templated:
            yield from self._ports(service)
            yield from self._of_other_types(service, spec)
        address = spec.scalar("clusterIP")
        if address is not None and address.value == "None" and service.type in _EXTERNAL:
            yield self.finding(
                address.span,
                f"a Service of the type `{service.type}` needs a cluster IP, so Kubernetes refuses `clusterIP: None`",
                help=f"Remove `clusterIP: None`. Or remove `type: {service.type}`.",
            )

    def _ports(self, service: Service) -> Iterator[Finding]:
        ports = [each for each in service.port_nodes if each.scalar("port") is not None]
        names: dict[str, Scalar] = {}
        numbers: dict[tuple[str, str], Scalar] = {}
        for node in ports:
            port, name = node.scalar("port"), node.scalar("name")
            assert port is not None
            if _is_open(port.value) or (name is not None and _is_open(name.value)):
                continue
            if name is None or not name.value:
                if len(ports) > 1:
                    yield self.finding(
                        port.span,
                        f"port {port.value} has no name, but `{service.name}` has {len(ports)} ports, so Kubernetes "
                        "refuses the Service",
                        help="Add a `name`.",
                        fix=None if name is not None else _named(service, node, port),
                    )
            elif name.value in names:
                yield self.finding(
                    name.span,
                    f"two ports of `{service.name}` have the name `{name.value}`, so Kubernetes refuses the Service",
                    help="Give it another name.",
                    related=[Related(names[name.value].span, "the other port")],
                )
            else:
                names[name.value] = name
            protocol = node.text("protocol") or "TCP"
            first = numbers.setdefault((port.value, str(protocol)), port)
            if first is not port:
                yield self.finding(
                    port.span,
                    f"`{service.name}` has port {port.value} for {protocol} twice, so Kubernetes refuses the Service",
                    help="Remove one of the two.",
                    related=[Related(first.span, "the other one")],
                )

    def _of_other_types(self, service: Service, spec: Mapping) -> Iterator[Finding]:
        if service.type not in ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"):
            return
        wrong: list[tuple[Mapping, str, tuple[str, ...]]] = [(spec, field, types) for field, types in _ONLY_FOR.items()]
        if not service.external_ips:
            wrong.append((spec, "externalTrafficPolicy", _EXTERNAL))
        if service.type == "ClusterIP":
            wrong += [(each, "nodePort", _EXTERNAL) for each in service.port_nodes]
        for node, field, types in wrong:
            pair = node.pair(field)
            if pair is None or service.type in types or _is_empty(pair[1]):
                continue
            yield self.finding(
                pair[0].span,
                f"`{field}` is only for Services of the type {' or '.join(f'`{each}`' for each in types)}, and "
                f"`{service.name}` is of the type `{service.type}`, so Kubernetes refuses the Service",
                help=f"Remove `{field}`. Or set the `type` of the Service.",
            )


def _is_empty(node: object) -> bool:
    if isinstance(node, Scalar):
        return node.is_null or node.value in ("", "0")
    return not (getattr(node, "items", None) or getattr(node, "pairs", None))


def _named(service: Service, node: Mapping, port: Scalar) -> Fix | None:
    """A name for the first port that is written as a block."""
    name = {"80": "http", "443": "https"}.get(port.value)
    key = node.pair("port")
    if name is None or key is None or node.flow or node.shared or any(each.name == name for each in service.ports):
        return None
    if node.pairs[0][0] is not key[0]:
        return None
    column = key[0].start - (service.text.rfind("\n", 0, key[0].start) + 1)
    edit = Edit(key[0].start, key[0].start, f"name: {name}\n{' ' * column}")
    return Fix(f"Call the port `{name}`", (edit,), safe=False)


def _is_open(word: str) -> bool:
    return any(each in word for each in "{}$<>%@")
