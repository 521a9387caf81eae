"""KPL607."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, files
from kpl.edits import set_scalar
from kpl.manifests import Backend, Route, Service
from kpl.words import closest, listed, whole_number

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector: {app: cart}
  ports:
    - name: http
      port: 80
      targetPort: 8080
"""
_INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /cart
            pathType: Prefix
            backend:
              service:
                name: cart
                port:
                  number: 80
"""
_ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: shop
  namespace: shop
spec:
  rules:
    - backendRefs:
        - name: cart
          port: 80
"""
_OLD = """\
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  backend:
    serviceName: cart
    servicePort: 8080
"""


def _of(route: str, *services: str) -> dict[str, str]:
    return files(**{"route.yaml": route, "services.yaml": "---\n".join(services or (_SERVICE,))})


def _number(number: str) -> str:
    return _INGRESS.replace("number: 80", f"number: {number}")


class BackendOfNoService(Rule):
    """An Ingress or a route sends to a port that its Service does not have, or to a misspelled Service.

    ## Why
    The port of a backend is a port of the Service, not the `targetPort` of its pods, even where the controller sends to the pods
    directly. If the Service does not have it, or if there is no such Service, the controller answers requests with an
    error: 503 with ingress-nginx, 500 for an HTTPRoute.

    The rule reports a Service that does not exist only if another one of the namespace has almost the same name.

    ## Fix
    kpl replaces the port if it is the `targetPort` of exactly one port, or a typo, and corrects the name of a Service. The
    fix is marked as unsafe, because requests then reach something that they did not reach before.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/ingress/
    - https://gateway-api.sigs.k8s.io/reference/spec/#backendref
    """

    code = "KPL607"
    name = "backend-of-no-service"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Route"
    examples = [
        Bad(
            _of(_number("8080")),
            flags=["8080"],
            says=[
                "`cart` has no port 8080, which is the port of its pods",
                "requests to this backend of Ingress `shop` fail",
            ],
            fixed=_INGRESS,
            safe=False,
        ),
        Bad(_of(_number("443")), flags=["443"], says=["`cart` has no port 443, only port 80"]),
        Bad(
            _of(_INGRESS.replace("number: 80", "name: htttp")),
            flags=["htttp"],
            says=["has no port `htttp`"],
            fixed=_INGRESS.replace("number: 80", "name: http"),
            safe=False,
        ),
        Bad(_of(_OLD), flags=["8080"], fixed=_OLD.replace("8080", "80"), safe=False),
        Bad(
            _of(_ROUTE.replace("port: 80", "port: 8080")),
            flags=["8080"],
            says=["HTTPRoute `shop`"],
            fixed=_ROUTE,
            safe=False,
        ),
        Bad(
            _of(_INGRESS.replace("name: cart", "name: checkuot"), _SERVICE.replace("cart", "checkout")),
            flags=["checkuot"],
            says=["`shop` has no Service `checkuot`"],
            fixed=_INGRESS.replace("name: cart", "name: checkout"),
            safe=False,
        ),
        Good(_of(_INGRESS)),
        Good(_of(_ROUTE)),
        Good(_of(_INGRESS.replace("number: 80", "name: http"))),
        Good(_of(_OLD.replace("8080", "http"))),
        Good(
            _of(
                _ROUTE.replace(
                    "        - name: cart\n          port: 80\n",
                    "        - {name: cart, kind: Bucket, group: a.example, port: 9}\n",
                )
            )
        ),
        Good(_of(_ROUTE.replace("port: 80", "namespace: edge\n          port: 8080"))),
        # somebody else has the Service, or it is not known
        Good(_of(_number("8080"), _SERVICE.replace("namespace: shop", "namespace: edge"))),
        Good(_of(_number("8080"), _SERVICE, _SERVICE.replace("port: 80\n", "port: 8080\n"))),
        Good(_of(_number("8080"), _SERVICE.replace("port: 80\n", "port: ${PORT}\n"))),
        Good(_of(_number("${PORT}"))),
        Good(_of(_INGRESS.replace("                port:\n                  number: 80\n", ""))),
        Good(_of(_INGRESS.replace("name: cart", "name: payment"))),
        Good(_of(_INGRESS.replace("name: cart", "name: checkout-2"), _SERVICE.replace("cart", "checkout-1"))),
        Good(_of(_INGRESS.replace("name: cart", "name: ssl-redirect").replace("number: 80", "name: use-annotation"))),
    ]

    def check(self, route: Route, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if document.is_example:
            return
        for backend in route.backends:
            if _is_open(backend.service) or _is_open(backend.namespace):
                continue
            found = cluster.service_map.only(str(backend.service), backend.namespace, document)
            if found is not None:
                yield from self._port(route, backend, found.service, found.document)
            elif not cluster.service_map.may_exist(str(backend.service), backend.namespace):
                yield from self._misspelled(route, backend, document, cluster)

    def _port(self, route: Route, backend: Backend, service: Service, where: Document) -> Iterator[Finding]:
        port = backend.port
        if port is None or where.templated or service.type == "ExternalName" or _is_open(port.value):
            return
        ports = service.ports
        if not ports or any(each.port is None for each in ports) or port.value == "use-annotation":
            return
        number = whole_number(port.value)
        if any(number == each.port if number is not None else port.value == each.name for each in ports):
            return
        meant = [each.port for each in ports if number is not None and each.target_port == str(number)]
        names = [each.name for each in ports if each.name]
        near = closest(port.value, names) if number is None else None
        use = str(meant[0]) if len(meant) == 1 else near[0] if near is not None else None
        if number is None:
            has = (
                f"no port `{port.value}`, only {listed([f'`{each}`' for each in names])}"
                if names
                else f"no port `{port.value}`"
            )
        else:
            has = f"no port {number}" + (
                ", which is the port of its pods"
                if meant
                else f", only port {listed([str(each.port) for each in ports])}"
            )
        edit = set_scalar(route.text, port, use) if use is not None else None
        yield self.finding(
            port.span,
            f"`{service.name}` has {has}, so requests to this backend of {route.kind} `{route.name}` fail",
            help=f"Set it to {use}." if use is not None else f"Set it to a port of `{service.name}`.",
            fix=Fix(f"Use port {use}", (edit,), safe=False) if edit is not None else None,
            related=[Related(service.name.span, "the Service", where)],
        )

    def _misspelled(self, route: Route, backend: Backend, document: Document, cluster: Cluster) -> Iterator[Finding]:
        there = [each.service for each in cluster.service_map.in_scope(document, backend.namespace)]
        near = closest(str(backend.service), {str(each.name) for each in there})
        if near is None or _letters(near[0]) == _letters(backend.service):
            return
        meant = [
            each for each in cluster.service_map.in_scope(document, backend.namespace) if each.service.name == near[0]
        ]
        where = f"the namespace `{backend.namespace}`" if backend.namespace else "its namespace"
        yield self.finding(
            backend.service.span,
            f"{where} has no Service `{backend.service}`, so requests to this backend of {route.kind} `{route.name}` fail",
            help=f"Replace `{backend.service}` with `{near[0]}`.",
            fix=Fix(f"Send to `{near[0]}`", (Edit(*backend.service.span, near[0]),), safe=False),
            related=[Related(meant[0].service.name.span, "the Service", meant[0].document)],
            confidence=Confidence.MEDIUM,
        )


def _letters(word: str) -> str:
    return "".join(each for each in word if not each.isdigit())


def _is_open(word: str) -> bool:
    return any(each in word for each in "{}$<>%@")
