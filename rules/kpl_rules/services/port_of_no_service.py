"""KPL605."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, files
from kpl.manifests import Service, Workload
from kpl.poddns import CALL_CLUE, Call
from kpl.words import listed

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector: {app: cart}
  ports:
    - port: 80
      targetPort: 8081
"""
_TWO_PORTS = _SERVICE.replace(
    "    - port: 80\n", "    - {name: metrics, port: 9090}\n    - name: http\n      port: 80\n"
)
_WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example/web:1.2.0
          env:
            - name: CART_URL
              value: http://cart:8081/api
"""
_FROM_MAP = _WEB.partition("          env:")[0] + "          envFrom:\n            - configMapRef: {name: web}\n"
_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\ndata:\n  CART_URL: http://cart:8081\n"
)


def _of(value: str, service: str = _SERVICE, **more: str) -> dict[str, str]:
    return files(**{"web.yaml": _value(value), "cart.yaml": service, **more})


def _value(value: str) -> str:
    return _WEB.replace("http://cart:8081/api", value)


class PortOfNoService(Rule):
    """A container calls a Service on a port that the Service does not have, so the connection fails.

    ## Why
    Only the ports in `ports` of a Service are forwarded. `port` is the one that clients use, and `targetPort` is the one of the
    pods: it is not open at the cluster IP. A packet to another port of a cluster IP is not translated: it times out, or is
    rejected in the mode `nftables`. A URL without a port means port 80, or 443 with `https`.

    The rule reads variables and arguments of containers, and the ConfigMaps and Secrets that they take variables from. It is
    silent about headless Services, whose clients connect to the pods, and where several Services can be meant.

    ## Fix
    kpl replaces the port if it is the `targetPort` of exactly one port. The fix is marked as unsafe, because something else than
    the container can read the value.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service
    """

    code = "KPL605"
    name = "port-of-no-service"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Service"
    clue = CALL_CLUE
    about_calls = True
    examples = [
        Bad(
            _of("http://cart:8081/api"),
            flags=["8081"],
            says=["`cart` has no port 8081, which is the port of its pods", "Use port 80"],
            fixed=_value("http://cart:80/api"),
            safe=False,
        ),
        Bad(_of("http://cart.shop:8082"), flags=["8082"], says=["it has only port 80"]),
        Bad(
            _of("https://cart.shop.svc.cluster.local/api"),
            flags=["cart.shop.svc.cluster.local"],
            says=["has no port 443, which `https` means"],
            other=["ndots-search-cost"],
        ),
        Bad(
            _of("http://cart", _SERVICE.replace("port: 80\n", "port: 8081\n")),
            flags=["cart"],
            says=["has no port 80, which `http` means, but only port 8081"],
            fixed=_value("http://cart:8081"),
            safe=False,
        ),
        Bad(
            _of(
                "http://cart:30080",
                _SERVICE.replace("ports:\n", "type: NodePort\n  ports:\n").replace(
                    "    - port", "    - nodePort: 30080\n      port"
                ),
            ),
            flags=["30080"],
            says=["which is its `nodePort`"],
            fixed=_value("http://cart:80"),
            safe=False,
        ),
        Bad(
            files(**{"web.yaml": _FROM_MAP, "map.yaml": _MAP, "cart.yaml": _SERVICE}),
            flags=["web"],
            fixed=_FROM_MAP,
            also={"map.yaml": _MAP.replace("8081", "80")},
            safe=False,
        ),
        Good(_of("http://cart:80/api")),
        Good(_of("http://cart/api")),
        Good(_of("https://cart:443", _SERVICE.replace("    - port: 80\n", "    - port: 443\n"))),
        Good(_of("http://cart:9090", _TWO_PORTS)),
        # headless, or of another kind
        Good(_of("http://cart:8081", _SERVICE.replace("spec:\n", "spec:\n  clusterIP: None\n"))),
        Good(
            _of(
                "http://cart:8081",
                _SERVICE.replace("spec:\n", "spec:\n  type: ExternalName\n  externalName: a.example\n"),
            )
        ),
        # another Service, several ones, none
        Good(
            _of("http://cart:8081", _SERVICE.replace("namespace: shop", "namespace: edge")),
            other=["service-of-another-namespace"],
        ),
        Good(_of("http://cart:8081", _SERVICE + "---\n" + _SERVICE.replace("8081", "8082"))),
        Good(_of("http://cart:8081", _SERVICE.replace("  namespace: shop\n", ""))),
        Good(_of("http://cart-0.cart.shop.svc:8081")),
        # what is not known
        Good(_of("http://cart:${PORT}")),
        Good(_of("http://cart:8081", _SERVICE.replace("port: 80\n", "port: ${PORT}\n"))),
        Good(
            files(
                **{
                    "web.yaml": _value("http://cart") + "            - {name: CART_PORT, value: '8081'}\n",
                    "cart.yaml": _SERVICE.replace("port: 80\n", "port: 8081\n"),
                }
            )
        ),
        Good(
            files(
                **{
                    "web.yaml": _WEB.replace(
                        "      containers", "      hostAliases: [{ip: 192.0.2.7, hostnames: [cart]}]\n      containers"
                    ),
                    "cart.yaml": _SERVICE,
                }
            )
        ),
    ]

    def check(self, workload: Workload, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for call in () if document.is_example else cluster.service_calls(workload):
            found = cluster.service_map.only(call.service, call.namespace, document) if call.number else None
            if found is not None and _is_missing(call, found.service, found.document):
                yield self._finding(document, call, found.service, found.document)

    def _finding(self, document: Document, call: Call, service: Service, where: Document) -> Finding:
        ports = [each.port for each in service.ports]
        meant = [each for each in service.ports if each.target_port == str(call.number)]
        of_node = [each for each in service.ports if each.node_port == call.number]
        only = f"only port{'s' if len(ports) > 1 else ''} {listed([str(each) for each in ports])}"
        if call.port is None:
            what = f", which `{call.scheme}` means, but {only}"
        elif meant or of_node:
            what = f", which is {'the port of its pods' if meant else 'its `nodePort`'}: it has {only}"
        else:
            what = f": it has {only}"
        candidates = meant or of_node or (service.ports if call.port is None and call.scheme == "http" else [])
        use = candidates[0].port if len(candidates) == 1 else None
        place = (call.port or call.host.name).span
        if call.reference is not None:
            related = [Related(place, "the port", call.document), Related(service.name.span, "the Service", where)]
        else:
            related = [Related(service.name.span, "the Service", where)]
        return self.finding(
            place if call.reference is None else call.reference.name.span,
            f"`{service.name}` has no port {call.number}{what}, so connections to `{_shown(call)}` fail",
            help=f"Use port {use}." if use is not None else f"Use a port of `{service.name}`. Or add the port to it.",
            fix=_fix(call, use) if use is not None else None,
            related=related,
            document=document,
        )


def _is_missing(call: Call, service: Service, where: Document) -> bool:
    """Whether a Service with a cluster IP certainly lacks the port that is called."""
    ports = [each.port for each in service.ports]
    if service.headless or service.type == "ExternalName" or where.templated or not ports or None in ports:
        return False
    if call.number in ports:
        return False
    # without a port in the URL, the program may add one that it is told elsewhere
    values = {str(each.value.value) for each in call.container.env if each.value is not None}
    values |= {each.value.rpartition("=")[2] for each in (*call.container.args, *call.container.command)}
    return call.port is not None or values.isdisjoint(map(str, ports))


def _fix(call: Call, port: int) -> Fix | None:
    at = call.port.span if call.port is not None else None
    edit = (
        Edit(at.start, at.end, str(port)) if at is not None else Edit(*call.host.name.span, f"{call.host.name}:{port}")
    )
    if call.reference is None:
        return Fix(f"Use port {port}", (edit,), safe=False)
    return Fix(f"Use port {port}", (), safe=False, elsewhere=((call.document, (edit,)),))


def _shown(call: Call) -> str:
    return f"{call.host.name}:{call.number}"
