"""KPL322."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, files, manifest
from kpl.kubeproxy import canonical_address, is_within, network_family
from kpl.manifests import Scalar, Service
from kpl_rules.proxy._networks import Network, go_together, stated_for_services

_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  serviceSubnet: %s
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: %s
  ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}]
"""
_MORE = """\
apiVersion: networking.k8s.io/v1
kind: ServiceCIDR
metadata: {name: more}
spec: {cidrs: [10.43.0.0/24]}
"""


def _beside(address: str, network: str = "10.96.0.0/12") -> dict[str, str]:
    return files(**{"service.yaml": _SERVICE % address, "kubeadm.yaml": _KUBEADM % network})


class ClusterIpOutsideServiceNetwork(Rule):
    """The `clusterIP` of a Service is outside of the Service network, so the API server refuses the Service.

    ## Why
    The API server gives Services addresses of the Service network only, also if the manifest names one: "the provided IP
    is not in the valid range". The Service is not created, and names and addresses that other manifests have of it lead
    nowhere. For the DNS Service, no name of the cluster resolves. It happens when a manifest is copied from a cluster with
    another network: `10.96.0.10` of kubeadm, `10.43.0.10` of k3s, `172.20.0.10` of EKS.

    The rule is silent if the files name several networks of one IP family, because a cluster can have several
    (ServiceCIDR), and the files can be those of several clusters.

    ## Fix
    There is no automatic fix. Remove `clusterIP`, so that Kubernetes chooses an address. A Service that others call by its
    address, such as the DNS Service, needs an address in the network that they know too.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/registry/core/service/ipallocator/interfaces.go
    """

    code = "KPL322"
    name = "cluster-ip-outside-service-network"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Service KubeadmCluster|ClusterSettings|ServiceCidr"
    clue = "clusterIP"
    examples = [
        Bad(
            _beside("10.43.0.10"),
            flags=["10.43.0.10"],
            says=["`10.43.0.10` is outside of the Service network `10.96.0.0/12`", "refuses the Service `kube-dns`"],
        ),
        Good(_beside("10.96.0.10")),
        Good(_beside("10.111.255.255")),
        Bad(_beside("10.112.0.0"), flags=["10.112.0.0"]),
        Good(_beside("None")),
        Good(_beside('""')),
        Good(_beside("${DNS}")),
        Good(_beside("{{ dns }}"), other=["input-does-not-parse"]),
        # both addresses of two IP families
        Bad(
            _beside("10.96.0.10\n  clusterIPs: [10.96.0.10, 'fd00:7::a']", "10.96.0.0/12,fd00:2::/112"),
            flags=["'fd00:7::a'"],
        ),
        Bad(_beside("10.43.0.10\n  clusterIPs: [10.43.0.10]"), flags=["10.43.0.10"]),
        # nothing is said of this IP family
        Good(_beside("fd00:2::a")),
        Good(_beside("10.43.0.10\n  type: ExternalName\n  externalName: db.example")),
        # another network was added, or another cluster has it
        Good({**_beside("10.43.0.10"), "more.yaml": _MORE}),
        Good({**_beside("10.43.0.10"), "k3s.yaml": "cluster-cidr: 10.42.0.0/16\nservice-cidr: 10.43.0.0/16\n"}),
        # files for tests of something, and those in one folder
        Good(
            files(
                **{
                    "dns/testdata/service.yaml": _SERVICE % "10.43.0.10",
                    "nodes/testdata/kubeadm.yaml": _KUBEADM % "10.96.0.0/12",
                }
            )
        ),
        Bad(
            files(
                **{
                    "examples/service.yaml": _SERVICE % "10.43.0.10",
                    "examples/kubeadm.yaml": _KUBEADM % "10.96.0.0/12",
                }
            ),
            flags=["10.43.0.10"],
        ),
        Bad(
            manifest(_SERVICE % "10.96.0.10" + "---\n" + _MORE),
            flags=["10.96.0.10"],
        ),
    ]

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if service.type == "ExternalName":
            return
        document = cluster.document_of(service)
        networks = [each for each in stated_for_services(cluster) if go_together(each.document, document)]
        seen = set()
        items = service.node.items("spec", "clusterIPs")
        for written in (service.node.scalar("spec", "clusterIP"), *items):
            address = canonical_address(written.value) if isinstance(written, Scalar) else None
            if not isinstance(written, Scalar) or address is None or address in seen:
                continue
            seen.add(address)
            network = _only(networks, 6 if ":" in address else 4)
            if network is not None and not is_within(address, network.network):
                yield self.finding(
                    written.span,
                    f"`{address}` is outside of the Service network `{network.network}`, so the API server refuses the "
                    f"Service `{service.name}`",
                    help="Remove `clusterIP`, or set it to an address in the Service network.",
                    related=[Related(network.span, f"{network.setting} is here", network.document)],
                )


def _only(networks: list[Network], family: int) -> Network | None:
    """The network of an IP family, if there is one only."""
    found = {each.network: each for each in networks if network_family(each.network) == family}
    return next(iter(found.values())) if len(found) == 1 else None
