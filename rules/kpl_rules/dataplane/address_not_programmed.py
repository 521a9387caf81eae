"""KPL474."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import DifferenceKind
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import (
    BALANCED,
    BALANCED_SPEC,
    BALANCED_STATUS,
    WEB,
    every_service,
    node,
    service,
)

KINDS = frozenset(
    (
        DifferenceKind.CLUSTER_IP,
        DifferenceKind.PORT,
        DifferenceKind.NODE_PORT,
        DifferenceKind.EXTERNAL_IP_MISSING,
        DifferenceKind.LOAD_BALANCER_IP_MISSING,
        DifferenceKind.ADDRESS_LEFT_OVER,
    )
)


class AddressNotProgrammed(Rule):
    """A node serves a Service at the wrong cluster IP, port, NodePort, external IP or load-balancer IP.

    ## Why
    Clients connect to the address that the Service has, but this node has no rule for it, while the old address still
    leads to the pods. This happens when a Service was deleted and created again, its NodePort was changed, or its load
    balancer got a new address, and a kube-proxy did not follow.

    In Kubernetes 1.30 and later, kube-proxy does not program load-balancer IPs with `ipMode: Proxy`, and the rule does
    not expect them.

    ## Fix
    A dump cannot be fixed. Read the kube-proxy logs on the node, and restart kube-proxy if it does not catch up.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL474"
    name = "address-not-programmed"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Dump Service"
    examples = [
        Bad(
            files(
                **{
                    "objects.yaml": every_service(service(clusterIP="10.96.3.9", clusterIPs="[10.96.3.9]")),
                    "node.iptables": node(WEB),
                }
            ),
            flags=["web"],
        ),
        Bad(
            files(
                **{
                    "objects.yaml": service(**BALANCED_SPEC) + BALANCED_STATUS.replace("203.0.113.7", "203.0.113.8"),
                    "node.iptables": node(replace(BALANCED, node_port=30081)),
                }
            ),
            flags=["web"],
        ),
        Good(
            files(
                **{
                    "objects.yaml": service(**BALANCED_SPEC) + BALANCED_STATUS,
                    "node.iptables": node(BALANCED),
                }
            )
        ),
        # the address is the load balancer's own
        Good(
            files(
                **{
                    "objects.yaml": service(**BALANCED_SPEC) + BALANCED_STATUS.replace("7}", "7, ipMode: Proxy}"),
                    "node.iptables": node(replace(BALANCED, load_balancer_ips=[], source_ranges=[])),
                }
            ),
            {"kubernetes": "1.36"},
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
