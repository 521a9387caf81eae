"""KPL604."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Fix, Good, Related, Rule, Severity, Stop, files
from kpl.edits import set_scalar
from kpl.manifests import Mapping, Service, Workload
from kpl.poddns import is_complete
from kpl.words import closest, listed, whole_number

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    app: cart
  ports:
    - port: 80
      targetPort: http
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    matchLabels: {app: cart}
  template:
    metadata:
      labels: {app: cart}
    spec:
      containers:
        - name: cart
          image: registry.example/cart:1.2.0
          ports:
            - name: http
              containerPort: 8080
"""
_PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    spec:
      containers:
        - name: cart
          ports: [{name: web, containerPort: 8080}]
"""
_INJECTED = "      labels: {app: cart}\n      annotations: {%s}\n"


def _of(service: str, *others: str) -> dict[str, str]:
    return files(**{"service.yaml": service, "pods.yaml": "---\n".join(others or (_DEPLOYMENT,))})


def _target(name: str) -> str:
    return _SERVICE.replace("targetPort: http", f"targetPort: {name}")


class TargetPortOfNoContainer(Rule):
    """A Service sends to a port by a name that no container of its pods has, so the port has no endpoints.

    ## Why
    Kubernetes looks up the name in `targetPort` among the `ports` of the pod's containers that have the same protocol. If no
    container has it, the EndpointSlices do not have this port: the name of the Service resolves, and connections are rejected.

    The rule reports only Services whose pods are in the files. It is silent if an annotation or a label makes a webhook inject
    another container, which can bring the port.

    ## Fix
    kpl corrects a typo. The fix is marked as unsafe, because connections then reach a port that they did not reach before. For
    other names there is no automatic fix: name the port of the container, or set its number.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
    """

    code = "KPL604"
    name = "target-port-of-no-container"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Service Workload"
    examples = [
        Bad(
            _of(_target("https")),
            flags=["https"],
            says=[
                "no container of Deployment `cart` has a TCP port called `https`",
                "port 80 of `cart` has no endpoints",
            ],
            fixed=_SERVICE,
            safe=False,
        ),
        Bad(_of(_target("web")), flags=["web"], says=["Its containers have `http`"]),
        Bad(
            _of(_SERVICE, _DEPLOYMENT.replace("            - name: http\n              c", "            - c")),
            flags=["http"],
            says=["Name a port of the container `http`"],
        ),
        # the protocol counts
        Bad(
            _of(_SERVICE.replace("      targetPort", "      protocol: UDP\n      targetPort")),
            flags=["http"],
            says=["has a UDP port called `http`"],
        ),
        Good(_of(_SERVICE)),
        Good(_of(_target("8081"))),
        Good(_of(_SERVICE.replace("      targetPort: http\n", ""))),
        # another container of the pod, one of several workloads
        Good(
            _of(
                _target("metrics"),
                _DEPLOYMENT
                + (
                    "        - name: exporter\n          image: exporter\n          ports: [{name: metrics, containerPort: 9}]\n"
                ),
            )
        ),
        Good(_of(_target("web"), _DEPLOYMENT, _DEPLOYMENT.replace("name: cart", "name: new").replace("http", "web"))),
        # pods that are not known
        Good(_of(_target("web"), _DEPLOYMENT.replace("namespace: shop", "namespace: edge"))),
        Good(_of(_target("web"), _DEPLOYMENT.replace("  namespace: shop\n", ""))),
        Good(_of(_target("web"), _DEPLOYMENT.replace("          image: registry.example/cart:1.2.0\n", ""))),
        Good(
            _of(
                _target("web"),
                _DEPLOYMENT.replace("      labels: {app: cart}\n", _INJECTED % "sidecar.istio.io/inject: 'true'"),
            )
        ),
        Good(_of(_target("web"), _DEPLOYMENT.replace("name: http", "name: ${PORT}"))),
        Good(_of(_target("${PORT}"))),
        Good(_of(_target("http-envoy-prom"))),
        Good(_of(_target("web"), _DEPLOYMENT, _PATCH)),
        Good(_of(_target("web") + "---\n" + _SERVICE)),
        Good(_of(_target("web").replace("spec:\n", "spec:\n  type: ExternalName\n  externalName: a.example\n"))),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, service in cluster.service_map.services:
            if service.type == "ExternalName" or document.templated or not any(map(_by_name, service.ports)):
                continue
            pods = cluster.service_map.selected(document, service)
            if not pods or not all(each.certain and _is_known(each.document, each.workload) for each in pods):
                continue
            if not cluster.service_map.is_only(document, service):
                continue
            workloads = [each.workload for each in pods]
            if any(_is_patched(each, cluster) for each in workloads):
                continue
            for port, node in zip(service.ports, service.port_nodes, strict=True):
                if _by_name(port) and not any(port.target_port in _names(each, port.protocol) for each in workloads):
                    yield self._finding(document, service, node, pods[0].document, workloads)

    def _finding(
        self, document: Document, service: Service, node: Mapping, where: Document, workloads: list[Workload]
    ) -> Finding:
        target, first = node.scalar("targetPort"), workloads[0]
        assert target is not None
        protocol = str(node.text("protocol") or "TCP")
        names = sorted(_names(first, protocol))
        near = closest(target.value, names)
        edit = set_scalar(service.text, target, near[0]) if near is not None else None
        if names:
            action = f"Set it to the name or the number of a port. Its containers have {listed([f'`{each}`' for each in names])}."
        else:
            action = f"Name a port of the container `{target.value}`. Or set the number of the port."
        return self.finding(
            target.span,
            f"no container of {first.kind} `{first.name}` has a {protocol} port called `{target.value}`, so port "
            f"{node.text('port') or '?'} of `{service.name}` has no endpoints",
            help=action,
            fix=Fix(f"Set `targetPort` to `{near[0]}`", (edit,), safe=False) if near and edit is not None else None,
            related=[Related(first.name.span, "the pods that it selects", where)],
            document=document,
        )


def _by_name(port: object) -> bool:
    target = getattr(port, "target_port", "")
    return (
        bool(target)
        and whole_number(target) is None
        and not any(word in target for word in ("$", "{", "envoy", "linkerd", "istio"))
    )


def _is_known(document: Document, workload: Workload) -> bool:
    """Whether all ports of the pods are written."""
    metadata = workload.pod_metadata
    added = [*_keys(metadata, "annotations"), *_keys(metadata, "labels")]
    open_ports = any(
        "{" in port.name or "$" in port.name for each in workload.containers for port in each.ports if port.name
    )
    return (
        is_complete(workload)
        and not document.templated
        and not open_ports
        and not any("inject" in key for key in added)
    )


def _is_patched(workload: Workload, cluster: Cluster) -> bool:
    """Whether a patch for the workload is in the tree, which may add containers and ports."""
    twins = (each for _, each in cluster.of(Workload, clue=str(workload.name)) if each is not workload)
    return any(each.name == workload.name and each.kind == workload.kind and not is_complete(each) for each in twins)


def _keys(metadata: Mapping | None, what: str) -> list[str]:
    found = metadata.mapping(what) if metadata is not None else None
    return [key.value for key in found.keys()] if found is not None else []


def _names(workload: Workload, protocol: str) -> set[str]:
    return {
        str(port.name)
        for each in workload.containers
        for port in each.ports
        if port.name is not None and (port.protocol or "TCP") == protocol
    }
