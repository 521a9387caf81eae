"""Kubernetes objects, the YAML nodes that they were read from, and which of them are the DNS of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.inputs.kubernetes import NodeObject as NodeObject
    from kpl.inputs.kubernetes import Workload as Workload
    from kpl.inputs.placeholders import template_placeholder as template_placeholder
    from kpl.inputs.services import EndpointSlice as EndpointSlice
    from kpl.inputs.services import Service as Service
    from kpl.inputs.yamltree import Mapping as Mapping
    from kpl.inputs.yamltree import Scalar as Scalar
    from kpl.inputs.yamltree import Sequence as Sequence
    from kpl.proxy.services.clusterdns import cluster_dns_ports as cluster_dns_ports
    from kpl.proxy.services.clusterdns import is_cluster_dns as is_cluster_dns
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.inputs.kubernetes": "NodeObject Workload",
            "kpl.inputs.placeholders": "template_placeholder",
            "kpl.inputs.services": "EndpointSlice Service",
            "kpl.inputs.yamltree": "Mapping Scalar Sequence",
            "kpl.proxy.services.clusterdns": "cluster_dns_ports is_cluster_dns",
        },
    )
