"""KPL473."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import Destination, DifferenceKind
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import OTHER_POD, POD, WEB, endpoint_slice, node, service

KINDS = frozenset(
    (
        DifferenceKind.ANSWERED,
        DifferenceKind.ENDPOINT_LEFT_OVER,
    )
)


class EndpointLeftOver(Rule):
    """A node sends traffic of a Service to an endpoint that the Service does not have or that is not ready.

    ## Why
    Connections to a deleted pod time out, and its address may belong to another pod by now. kube-proxy uses ready
    endpoints. In Kubernetes 1.26 and later, if none is ready, it uses those that are terminating but still serving. The
    finding shows what the EndpointSlices say about the address.

    ## Fix
    A dump cannot be fixed. Take the dump and the objects at the same time. If they still differ, read the kube-proxy
    logs on the node.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL473"
    name = "endpoint-left-over"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Dump Service"
    examples = [
        Bad(
            files(
                **{
                    "objects.yaml": service() + endpoint_slice(POD, unready=OTHER_POD),
                    "node.iptables": node(replace(WEB, internal=Destination([POD, OTHER_POD]))),
                }
            ),
            flags=["web"],
        ),
        Bad(files(**{"objects.yaml": service() + endpoint_slice(), "node.iptables": node(WEB)}), flags=["web"]),
        Good(files(**{"objects.yaml": service() + endpoint_slice(POD), "node.iptables": node(WEB)})),
        # nothing is known of the endpoints
        Good(files(**{"objects.yaml": service(), "node.iptables": node(WEB)})),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        yield from report(
            self,
            cluster,
            KINDS,
            "Take the dump and the EndpointSlices at the same time. If they still differ, read the kube-proxy logs.",
        )
