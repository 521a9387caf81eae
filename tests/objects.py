"""Services and EndpointSlices for tests, read from the objects that `kubectl get -o json` would print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kpl.inputs.objects.endpointslices import EndpointSlice
from kpl.inputs.objects.services import Service
from kpl.inputs.read import read

Object = Mapping[str, Any]


def service(spec: Object, ports: Sequence[Object] | None = None, **more: Any) -> dict[str, Any]:
    """The Service shop/web with the cluster IP 10.96.0.10, port http 80 unless `ports` says otherwise."""
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}] if ports is None else ports
    spec = {"clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"], "ipFamilies": ["IPv4"], "ports": ports, **spec}
    metadata = {"name": "web", "namespace": "shop", "uid": "1", **more.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, **more}


def endpoint(address: str, node: str = "", state: str = "ready", **more: Any) -> dict[str, Any]:
    """An endpoint in the state ``ready``, ``unready``, ``serving`` (and terminating) or ``terminating``."""
    conditions = {
        "ready": state == "ready",
        "serving": state in ("ready", "serving"),
        "terminating": state in ("serving", "terminating"),
    }
    made: dict[str, Any] = {"addresses": [address], "conditions": conditions, **more}
    return {**made, "nodeName": node} if node else made


def slice_of(endpoints: Iterable[Object], ports: Sequence[Object] | None = None, **more: Any) -> dict[str, Any]:
    """An EndpointSlice of shop/web, port http 8080 unless `ports` says otherwise."""
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}] if ports is None else ports
    labels = {"kubernetes.io/service-name": "web", **more.pop("labels", {})}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "web-abcde", "namespace": "shop", "labels": labels},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": list(endpoints),
        **more,
    }


def models(objects: Iterable[Object]) -> tuple[list[Service], list[EndpointSlice]]:
    """The models of the Services and EndpointSlices among `objects`."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    reading = read("objects.json", text.encode())
    found = [document.model for document in reading.documents] if reading is not None else []
    return (
        [each for each in found if isinstance(each, Service)],
        [each for each in found if isinstance(each, EndpointSlice)],
    )
