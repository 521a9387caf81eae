"""KPL472."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Destination, DifferenceKind, Finding, Good, Rule, Severity, Stop, files
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import OTHER_POD, POD, WEB, endpoint_slice, node, service

KINDS = frozenset(
    (
        DifferenceKind.NOT_ANSWERED,
        DifferenceKind.ENDPOINT_MISSING,
    )
)


class EndpointNotProgrammed(Rule):
    """A node sends no traffic of a Service to some of the endpoints that the Service has.

    ## Why
    The EndpointSlices name an endpoint that kube-proxy of this release chooses on this node, and the dump does not lead there:
    the other endpoints get its share, and where it is the only one, traffic is refused. A kube-proxy lags behind, or its
    rules could not be loaded.

    Readiness, terminating endpoints, topology hints and traffic policies count as they do in the cluster's Kubernetes
    release. Which node the dump is from can be told (`--node`, or `cluster.node` in `.kpl.yaml`); where it is not, nothing is
    said of Services whose policy is Local or whose endpoints have hints, beyond what holds for every node.

    ## Fix
    None in a file. Take the dump and the objects at the same time; if they still differ, look at the logs of kube-proxy on the
    node.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL472"
    name = "endpoint-not-programmed"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
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
            "Take the dump and the EndpointSlices at the same time; if they still differ, look at the logs of kube-proxy.",
        )
