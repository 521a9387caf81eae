"""KPL471."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import DifferenceKind
from kpl_rules.dataplane._desired import report
from kpl_rules.dataplane._example_cluster import WEB, every_service, node, service

KINDS = frozenset((DifferenceKind.SERVICE_LEFT_OVER,))


class ServiceLeftOver(Rule):
    """A node still has rules for a Service or Service port that no longer exists in the cluster.

    ## Why
    The cluster IP may be assigned to another Service, and the endpoint addresses to other pods; traffic then goes to
    the wrong destination. A kube-proxy that follows the API server deletes such rules immediately. One that hangs, or
    that was stopped, leaves them.

    The rule reports deleted Services only if the run has all Services of the cluster, as `kubectl get services -A`
    prints them: default/kubernetes and Services of other namespaces in one file. IPVS has no names, so of virtual
    servers it reports those with an address between two cluster IPs, except port 6443, at which installers put a load
    balancer of the API servers, and networks in `ipvs.excludeCIDRs`.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node. If none runs there any more, `kube-proxy --cleanup` or a
    reboot removes its rules.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL471"
    name = "service-left-over"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Dump Service"
    examples = [
        Bad(files(**{"objects.yaml": every_service(), "node.iptables": node(WEB)}), flags=["shop/web:http"]),
        # one of its ports is gone
        Bad(
            files(
                **{
                    "objects.yaml": service(),
                    "node.iptables": node(WEB, replace(WEB, name="shop/web:admin", port=9000)),
                }
            ),
            flags=["web"],
        ),
        Good(files(**{"objects.yaml": every_service(service()), "node.iptables": node(WEB)})),
        # these are not all Services of the cluster
        Good(
            files(
                **{
                    "objects.yaml": service(),
                    "node.iptables": node(WEB, replace(WEB, name="shop/cart:http", cluster_ip="10.96.3.5")),
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
            "Restart kube-proxy on the node. Or run `kube-proxy --cleanup` if the node no longer needs kube-proxy.",
        )
