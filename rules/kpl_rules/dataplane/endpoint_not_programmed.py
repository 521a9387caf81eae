"""KPL472."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import Destination, DifferenceKind
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import OTHER_POD, POD, WEB, endpoint_slice, node, service

KINDS = frozenset(
    (
        DifferenceKind.NOT_ANSWERED,
        DifferenceKind.ENDPOINT_MISSING,
    )
)


class EndpointNotProgrammed(Rule):
    """A node sends no traffic to some of a Service's endpoints, so the others get their share.

    ## Why
    The EndpointSlices have an endpoint that kube-proxy of this release selects on this node, but the dump has no rule
    for it. The other endpoints get its share of the traffic; if it is the only endpoint, traffic is refused. The
    kube-proxy of the node is not up to date, or its rules could not be loaded.

    Readiness, terminating endpoints, topology hints and traffic policies count as in the cluster's Kubernetes release.
    You can say which node the dump is from (`--node`, or `cluster.node` in `.kpl.yaml`). If you do not, the rule
    reports Services with a Local policy or with topology hints only for what holds on every node.

    ## Fix
    A dump cannot be fixed. Take the dump and the objects at the same time. If they still differ, read the kube-proxy
    logs on the node.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL472"
    name = "endpoint-not-programmed"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("uneven-load",)
    needs = "Dump Service"
    examples = [
        Bad(
            files(
                **{
                    "objects.yaml": service() + endpoint_slice(POD, OTHER_POD),
                    "node.iptables": node(WEB),
                }
            ),
            flags=["web"],
        ),
        Bad(
            files(
                **{
                    "objects.yaml": service() + endpoint_slice(POD),
                    "node.iptables": node(replace(WEB, internal=Destination())),
                }
            ),
            flags=["web"],
        ),
        Good(
            files(
                **{
                    "objects.yaml": service() + endpoint_slice(POD, unready=OTHER_POD),
                    "node.iptables": node(WEB),
                }
            )
        ),
        # which of the endpoints are on this node is not known
        Good(
            files(
                **{
                    "objects.yaml": service(internalTrafficPolicy="Local") + endpoint_slice(POD, OTHER_POD),
                    "node.iptables": node(WEB),
                }
            )
        ),
        # nothing is known of the endpoints
        Good(
            files(
                **{
                    "objects.yaml": service(),
                    "node.iptables": node(replace(WEB, internal=Destination())),
                }
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        yield from report(
            self,
            cluster,
            KINDS,
            "Take the dump and the EndpointSlices at the same time. If they still differ, read the kube-proxy logs.",
        )
