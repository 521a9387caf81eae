"""KPL109."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import NodeState
from kpl.kubeproxy import canonical_address
from kpl.poddns import MAX_NAMESERVERS, ResolvConf
from kpl.testing import node_dump

_API = "default/kubernetes:https"
_SAME_NETWORK = {4: 16, 6: 64}
"""So many bits does the cluster IP of DNS have in common with that of the API server, or the rule is silent."""

_POD = "search shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
_IDLE = '"shop/idle:http has no endpoints" -m tcp --dport 80'
_DEAD = node_dump().replace(
    f"-A KUBE-SERVICES -d 10.96.10.9/32 -p tcp -m comment --comment {_IDLE}",
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns has no endpoints" '
    "-m udp --dport 53",
)


class ClusterDnsNotProgrammed(Rule):
    """The node does not forward the address of the pod's nameserver, so the pod cannot resolve any name.

    ## Why
    The resolv.conf of a pod contains a cluster IP, which the kubelet takes from its `clusterDNS`. kube-proxy forwards
    traffic for this address to the CoreDNS pods. If no dump of the run has the cluster IP, the two do not match:
    `clusterDNS` is that of another cluster, or the Service was created again and has another address. If the dump
    rejects the traffic, no CoreDNS pod is ready. In both cases every lookup fails, immediately or after its timeouts.

    The rule checks only files with the search list of a pod, and only nameservers in the same network as the cluster IP
    of `default/kubernetes`. Other nameservers belong to NodeLocal DNSCache or are outside of the cluster.

    ## Fix
    There is no automatic fix, because the kubelet writes the resolv.conf. Set `clusterDNS` to the cluster IP of the DNS
    Service (`kubectl -n kube-system get service kube-dns`) and restart the pods, or find out why CoreDNS is not ready.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (`clusterDNS`)
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/
    """

    code = "KPL109"
    name = "cluster-dns-not-programmed"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    needs = "ResolvConf Dump"
    examples = [
        Bad(
            files(**{"resolv.conf": f"nameserver 10.96.0.11\n{_POD}", "node.iptables": node_dump()}),
            flags=["10.96.0.11"],
        ),
        Bad(files(**{"resolv.conf": f"nameserver 10.96.0.10\n{_POD}", "node.iptables": _DEAD}), flags=["10.96.0.10"]),
        Good(
            files(
                **{
                    "resolv.conf": f"nameserver 10.96.0.10\n{_POD}",
                    "node.iptables": node_dump()
                    .replace("10.96.10.4", "10.96.0.10")
                    .replace("--dport 7000", "--dport 53"),
                }
            )
        ),
        # NodeLocal DNSCache, and a server outside of the cluster
        Good(files(**{"resolv.conf": f"nameserver 169.254.20.10\n{_POD}", "node.iptables": node_dump()})),
        Good(files(**{"resolv.conf": f"nameserver 192.0.2.53\n{_POD}", "node.iptables": node_dump()})),
        # the resolv.conf of a node
        Good(files(**{"resolv.conf": "nameserver 10.96.0.11\n", "node.iptables": node_dump()})),
        Good(files(**{"resolv.conf": "nameserver 10.96.0.11\nsearch corp.example\n", "node.iptables": node_dump()})),
        # without the Service of the API server, nothing tells the network of the cluster IPs
        Good(
            files(
                **{"resolv.conf": f"nameserver 10.96.0.11\n{_POD}", "node.iptables": node_dump().replace(_API, "x/api")}
            ),
            other=["endpoint-of-another-chain", "service-of-another-chain"],
        ),
        # an address of the other IP family
        Good(files(**{"resolv.conf": f"nameserver fd00:10:96::a\n{_POD}", "node.iptables": node_dump()})),
        # the pod does not ask the fourth one
        Good(
            files(
                **{
                    "resolv.conf": f"{'nameserver 192.0.2.53' + chr(10)}" * 3 + f"nameserver 10.96.0.11\n{_POD}",
                    "node.iptables": node_dump(),
                }
            ),
            other=["nameserver-never-asked"],
        ),
    ]

    def check(self, conf: ResolvConf, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if conf.search is None or not any(word.startswith("svc.") or ".svc." in word for word in conf.search.values):
            return
        states = [state for document in cluster.dumps for state in cluster.node_states(document)]
        for server in conf.nameservers[:MAX_NAMESERVERS]:
            address = canonical_address(server)
            if address is None:
                continue
            near = [state for state in states if _has_services_near(state, address)]
            ports = [port for state in near for port in state.ports if port.cluster_ip == address]
            if near and not ports:
                yield self.finding(
                    server.span,
                    f"`{server}` is not the cluster IP of a Service in the dump{'s' * (len(near) > 1)} of this run, so the pod "
                    "cannot resolve any name",
                    help="Set the kubelet's `clusterDNS` to the cluster IP of the DNS Service, and restart the pods.",
                )
            elif ports and all(port.no_endpoints for port in ports):
                yield self.finding(
                    server.span,
                    f"the DNS Service has no endpoints, so the node rejects traffic to `{server}` and the pod cannot resolve "
                    "any name",
                    help="Find out why no CoreDNS pod is ready.",
                )


def _has_services_near(state: NodeState, address: str) -> bool:
    """Whether `state` has the Service of the API server, in the same network as `address`."""
    wanted = ipaddress.ip_address(address)
    if state.ip_family != wanted.version:
        return False
    for port in state.ports:
        if port.name == _API and port.cluster_ip is not None:
            network = ipaddress.ip_network(f"{port.cluster_ip}/{_SAME_NETWORK[wanted.version]}", strict=False)
            return wanted in network
    return False
