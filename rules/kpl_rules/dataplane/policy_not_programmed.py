"""KPL475."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import Destination, DifferenceKind
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
    """A node does not apply a Service's traffic policy, source ranges or session affinity.

    ## Why
    If a Service has a Local traffic policy but the node applies Cluster, the node sends traffic to other nodes and
    hides the client addresses. In the opposite case, nodes without an endpoint drop the traffic. Source ranges that are
    not programmed admit every client. A load balancer that checks a missing health check NodePort sends no traffic
    to the node.

    ## Fix
    A dump cannot be fixed. Read the kube-proxy logs on the node, and restart kube-proxy if it does not catch up.

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
            "Read the kube-proxy logs on the node. Restart kube-proxy if it does not catch up.",
        )
