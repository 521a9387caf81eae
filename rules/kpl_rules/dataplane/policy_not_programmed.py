"""KPL475."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Destination, DifferenceKind, Finding, Good, Rule, Severity, Stop, files
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import (
    BALANCED,
    BALANCED_SPEC,
    BALANCED_STATUS,
    OTHER_POD,
    POD,
    WEB,
    endpoint_slice,
    node,
    service,
)

KINDS = frozenset(
    (
        DifferenceKind.POLICY,
        DifferenceKind.SOURCE_RANGES,
        DifferenceKind.AFFINITY,
        DifferenceKind.HEALTH_CHECK_NODE_PORT,
    )
)


class PolicyNotProgrammed(Rule):
    """A node treats the traffic of a Service in another way than it asks for: policy, source ranges, session affinity.

    ## Why
    A traffic policy that is Local in the Service and Cluster on the node sends traffic to other nodes and hides the clients'
    addresses; the other way round, nodes without an endpoint drop it. Source ranges that are not programmed let everybody in.
    A load balancer that asks at a health check node port that is not there takes the node out.

    ## Fix
    None in a file. Look at the logs of kube-proxy on the node, and restart it if it does not catch up.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    - https://kubernetes.io/docs/tutorials/services/source-ip/
    """

    code = "KPL475"
    name = "policy-not-programmed"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Dump Service"
    examples = [
        Bad(
            files(
                **{
                    "objects.yaml": service(**BALANCED_SPEC) + BALANCED_STATUS + endpoint_slice(POD, OTHER_POD),
                    "node.iptables": node(
                        replace(
                            BALANCED,
                            internal=Destination([POD, OTHER_POD]),
                            external=Destination([POD], local=True),
                            source_ranges=["192.0.2.0/24"],
                        )
                    ),
                }
            ),
            flags=["web"],
        ),
        Bad(
            files(
                **{
                    "objects.yaml": service(sessionAffinity="ClientIP") + endpoint_slice(POD),
                    "node.iptables": node(WEB),
                }
            ),
            flags=["web"],
        ),
        Good(
            files(
                **{
                    "objects.yaml": service(**BALANCED_SPEC) + BALANCED_STATUS + endpoint_slice(POD),
                    "node.iptables": node(BALANCED),
                }
            )
        ),
        Good(
            files(
                **{
                    "objects.yaml": service(**BALANCED_SPEC, externalTrafficPolicy="Local")
                    + BALANCED_STATUS
                    + endpoint_slice(POD),
                    "node.iptables": node(replace(BALANCED, external=Destination([POD], local=True))),
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
            "Look at the logs of kube-proxy on the node; restart it if it does not catch up.",
        )
