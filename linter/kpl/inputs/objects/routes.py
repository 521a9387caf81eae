"""Ingresses and routes of the Gateway API, as far as they name Services.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/,
https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kpl.inputs.objects.fields import mappings, name_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text

_KIND = r"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?(?:Ingress|(?:GRPC|HTTP|TCP|TLS|UDP)Route)(?:List)?["']?[ \t]*(?:[\r\n#,}]|$)"""


class Backend(NamedTuple):
    """A Service that a route sends to: its port is a number, or the name of a port in an Ingress."""

    service: Text
    namespace: str
    """That of the route where none is written."""
    port: Scalar | None
    by_name: bool


@dataclass(eq=False)
class Route:
    """An Ingress or a route; `text` is the document that its node points into."""

    text: str
    node: Mapping
    kind: Text
    name: Text
    namespace: str

    @property
    def backends(self) -> list[Backend]:
        """The Services that it sends to, each time that it names one."""
        return list(self._of_ingress() if self.kind == "Ingress" else self._of_route())

    def _of_ingress(self) -> Iterator[Backend]:
        spec = self.node.mapping("spec")
        if spec is None:
            return
        paths = [path for rule in mappings(spec, "rules") for path in mappings(rule, "http", "paths")]
        found = [spec.mapping("defaultBackend"), spec.mapping("backend"), *(each.mapping("backend") for each in paths)]
        for backend in found:
            if backend is None:
                continue
            # the fields of networking.k8s.io/v1, and those before it
            name = backend.text("service", "name") or backend.text("serviceName")
            if name is not None:
                number, by_name = backend.scalar("service", "port", "number"), backend.scalar("service", "port", "name")
                old = backend.scalar("servicePort")
                yield Backend(name, self.namespace, number or by_name or old, number is None)

    def _of_route(self) -> Iterator[Backend]:
        for rule in mappings(self.node, "spec", "rules"):
            for each in mappings(rule, "backendRefs"):
                name = each.text("name")
                if name is not None and (each.text("kind") or "Service") == "Service" and not each.text("group"):
                    yield Backend(name, each.text("namespace") or self.namespace, each.scalar("port"), False)


class RouteReader(ObjectReader):
    """Reads Ingresses, and HTTPRoutes, GRPCRoutes and other routes of the Gateway API."""

    kind = ObjectKind(
        models=("Route",),
        kinds=("Ingress", "GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"),
        groups=("networking.k8s.io/", "extensions/", "gateway.networking.k8s.io/"),
        late=("Ingress", "GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"),
        clues=(
            Clue(("Ingress", "Route"), (_KIND, r"networking\.k8s\.io/|extensions/", "serviceName|service|backendRefs")),
        ),
    )
    examples = (
        Takes(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"
            "spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
            {"kind": "Ingress", "name": "web", "namespace": "shop"},
        ),
        Takes(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\n"
            "spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}\n",
            {"kind": "HTTPRoute", "namespace": ""},
        ),
        Leaves("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: service}\n"),
        Leaves("apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nspec: {routes: [{services: [{name: web}]}]}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[Route]:
        """The route that `node` is."""
        kind = node.text("kind")
        if kind is not None:
            yield Route(text, node, kind, name_of(node), node.text("metadata", "namespace") or "")
