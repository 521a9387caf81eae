"""KPL606."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, files
from kpl.manifests import Service, Workload
from kpl.poddns import CALL_CLUE, CLUSTER_POLICIES, Call, dns_policy_of
from kpl.words import closest

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector: {app: cart}
  ports:
    - port: 8080
"""
_WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: front
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
              value: http://cart:8080/api
"""
_FRONT = _SERVICE.replace("namespace: shop", "namespace: front").replace("cart", "web")
_HEADLESS = _SERVICE.replace("spec:\n", "spec:\n  clusterIP: None\n")
_FROM_MAP = _WEB.partition("          env:")[0] + "          envFrom:\n            - configMapRef: {name: web}\n"
_MAP = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: front\ndata:\n  CART_URL: http://cart:8080\n"
)


def _of(value: str, *services: str) -> dict[str, str]:
    return files(**{"web.yaml": _value(value), "services.yaml": "---\n".join(services or (_SERVICE, _FRONT))})


def _value(value: str) -> str:
    return _WEB.replace("http://cart:8080/api", value)


class ServiceOfAnotherNamespace(Rule):
    """A container calls a Service by a name that only works in another namespace, or that has a typo.

    ## Why
    The search list of a pod completes `cart` to `cart.NAMESPACE.svc.cluster.local`, with the namespace of the pod. If the
    Service is in another namespace, the name does not resolve: CoreDNS answers NXDOMAIN. A name with a namespace (`cart.shop`)
    resolves in all namespaces. The same happens if the name is misspelled.

    The rule reports a short name only if the namespace of the pod has Services in the files, but none with this name, and exactly
    one other namespace has one with this name and the port. A misspelled name is reported only with its namespace
    (`cart.shop.svc`).

    ## Fix
    kpl adds the namespace, or corrects the typo. The fix is marked as unsafe, because something else than the container can read
    the value, and because another namespace can have the Service in another cluster.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#namespaces-of-services
    """

    code = "KPL606"
    name = "service-of-another-namespace"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "Service"
    clue = CALL_CLUE
    about_calls = True
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _of("http://cart:8080/api"),
            flags=["cart"],
            says=["`front` has no Service `cart`, which is in `shop`"],
            fixed=_value("http://cart.shop:8080/api"),
            safe=False,
        ),
        Bad(
            files(**{"web.yaml": _FROM_MAP, "map.yaml": _MAP, "services.yaml": f"{_SERVICE}---\n{_FRONT}"}),
            flags=["web"],
            fixed=_FROM_MAP,
            also={"map.yaml": _MAP.replace("cart:", "cart.shop:")},
            safe=False,
        ),
        Bad(
            _of("http://catrage.shop.svc:8080", _SERVICE.replace("cart", "cartage"), _FRONT),
            flags=["catrage.shop.svc"],
            says=["`shop` has no Service `catrage`", "Replace `catrage` with `cartage`"],
            fixed=_value("http://cartage.shop.svc:8080"),
            safe=False,
        ),
        Good(_of("http://cart.shop:8080/api")),
        Good(_of("http://cart:8080/api", _SERVICE, _FRONT, _SERVICE.replace("shop", "front"))),
        # one in several namespaces, another port, no port
        Good(_of("http://cart:8080/api", _SERVICE, _FRONT, _SERVICE.replace("shop", "store"))),
        Good(_of("http://cart:9090/api")),
        Good(_of("cart")),
        # the Services of the namespace are not known
        Good(_of("http://cart:8080/api", _SERVICE)),
        Good(_of("http://cart:8080/api", _SERVICE, _FRONT, _SERVICE.replace("  namespace: shop\n", ""))),
        Good(_of("http://cart:8080/api", _SERVICE.replace("  namespace: shop\n", ""), _FRONT)),
        # the pod does not ask cluster DNS, or has its own search list
        Good(
            files(
                **{
                    "web.yaml": _WEB.replace(
                        "    spec:\n      c",
                        "    spec:\n      dnsConfig: {searches: [shop.svc.cluster.local]}\n      c",
                    ),
                    "services.yaml": f"{_SERVICE}---\n{_FRONT}",
                }
            )
        ),
        Good(
            files(
                **{
                    "web.yaml": _WEB.replace("    spec:\n      c", "    spec:\n      dnsPolicy: Default\n      c"),
                    "services.yaml": f"{_SERVICE}---\n{_FRONT}",
                }
            )
        ),
        # no typo
        Good(_of("http://catalog.shop.svc:8080")),
        Good(_of("http://cartage-2.shop.svc:8080", _SERVICE.replace("cart", "cartage-1"), _FRONT)),
    ]

    def check(self, workload: Workload, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if document.is_example or dns_policy_of(workload) not in CLUSTER_POLICIES or _has_searches(workload):
            return
        for call in cluster.service_calls(workload):
            if cluster.service_map.may_exist(call.service, call.namespace):
                continue
            if "." not in call.host.name.removesuffix("."):
                yield from self._elsewhere(cluster, document, workload, call)
            elif call.host.certain:
                yield from self._misspelled(cluster, document, call)

    def _elsewhere(self, cluster: Cluster, document: Document, workload: Workload, call: Call) -> Iterator[Finding]:
        found = [each for each in cluster.service_map.called(call.service) if each.service.namespace]
        ports = {each.port for one in found for each in one.service.ports}
        if (
            len(found) != 1
            or call.number not in ports
            or not cluster.service_map.in_scope(document, workload.namespace)
        ):
            return
        where, service = found[0]
        yield self._finding(
            document,
            call,
            f"the namespace `{workload.namespace}` has no Service `{call.service}`, which is in `{service.namespace}`",
            f"Replace `{call.host.name}` with `{service.name}.{service.namespace}`.",
            f"{service.name}.{service.namespace}",
            Related(service.name.span, "the Service", where),
        )

    def _misspelled(self, cluster: Cluster, document: Document, call: Call) -> Iterator[Finding]:
        there = [each for each in cluster.service_map.in_scope(document, call.namespace) if call.namespace]
        near = closest(call.service, {str(each.service.name) for each in there})
        if near is None or _letters(near[0]) == _letters(call.service) or near[1] == 0:
            return
        meant = [each for each in there if each.service.name == near[0]]
        if len(meant) != 1 or not _has_port(call, meant[0].service):
            return
        yield self._finding(
            document,
            call,
            f"the namespace `{call.namespace}` has no Service `{call.service}`, but one that is called `{near[0]}`",
            f"Replace `{call.service}` with `{near[0]}`.",
            near[0] + str(call.host.name)[len(call.service) :],
            Related(meant[0].service.name.span, "the Service", meant[0].document),
        )

    def _finding(
        self, document: Document, call: Call, problem: str, action: str, name: str, service: Related
    ) -> Finding:
        edit = Edit(*call.host.name.span, name)
        title = f"Use the name `{name}`"
        if call.reference is None:
            span, related, fix = call.host.name.span, [service], Fix(title, (edit,), safe=False)
        else:
            span, related = call.reference.name.span, [Related(call.host.name.span, "the name", call.document), service]
            fix = Fix(title, (), safe=False, elsewhere=((call.document, (edit,)),))
        return self.finding(
            span,
            f"{problem}, so `{call.host.name}` does not resolve",
            help=action,
            fix=fix,
            related=related,
            document=document,
        )


def _has_searches(workload: Workload) -> bool:
    return workload.dns_config is not None and workload.dns_config.get("searches") is not None


def _has_port(call: Call, service: Service) -> bool:
    return call.number is None or call.number in {each.port for each in service.ports}


def _letters(word: str) -> str:
    return "".join(each for each in word if not each.isdigit())
