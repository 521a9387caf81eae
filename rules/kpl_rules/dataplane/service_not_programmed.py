"""KPL470."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import Destination, DifferenceKind
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import WEB, endpoint_slice, every_service, node, service

KINDS = frozenset((DifferenceKind.SERVICE_MISSING,))


class ServiceNotProgrammed(Rule):
    """A Service of the cluster is not programmed on a node, so connections to it from that node fail.

    ## Why
    Every kube-proxy programs every port of every Service that has a cluster IP. A Service without endpoints is
    programmed too: its traffic is refused. If a dump has nothing for a Service, no rule translates packets to its
    cluster IP. kube-proxy hangs, could not load its rules, or has no connection to the API server, or the dump is older
    than the Service.

    ## Fix
    A dump cannot be fixed. Read the kube-proxy logs on the node ("Sync failed"), and restart kube-proxy. Take the dump
    and the objects (`kubectl get services,endpointslices -A -o yaml`) at the same time.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL470"
    name = "service-not-programmed"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Dump Service"
    examples = [
        Bad(files(**{"objects.yaml": every_service(service()), "node.iptables": node()}), flags=["web"]),
        Good(files(**{"objects.yaml": every_service(service()), "node.iptables": node(WEB)})),
        # without endpoints it is refused
        Good(
            files(
                **{
                    "objects.yaml": every_service(service() + endpoint_slice()),
                    "node.iptables": node(replace(WEB, internal=Destination())),
                }
            )
        ),
        # kube-proxy leaves it to another proxy
        Good(
            files(
                **{
                    "objects.yaml": every_service(
                        service().replace("uid:", "labels: {service.kubernetes.io/service-proxy-name: other}\n  uid:")
                    ),
                    "node.iptables": node(),
                }
            )
        ),
        # a manifest, not the object in the cluster
        Good(files(**{"objects.yaml": service().replace("  uid:", "  generation:"), "node.iptables": node()})),
        # a dump of another cluster
        Good(
            files(
                **{
                    "objects.yaml": every_service(service()).replace("10.96.0.", "10.43.0."),
                    "node.iptables": node(),
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
            "Read the kube-proxy logs on the node and restart kube-proxy. If the dump is older than the Service, "
            "take it again.",
        )
