"""KPL115."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, files
from kpl.edits import Text
from kpl.kubeproxy import canonical_address, is_within, network_family
from kpl.manifests import ClusterSettings, KubeadmCluster, KubeletConfig, Service, is_cluster_dns_service

_HOSTS = (2, 3, 10)
"""The last number of the addresses that installers give to the DNS Service."""
_SAME_NETWORK = {4: 16, 6: 64}

_KUBEADM = (
    "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  serviceSubnet: 10.10.0.0/16\n"
)
_KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\n"
_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: kube-dns, namespace: kube-system}\n"
    "spec: {clusterIP: 10.96.0.2, ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}]}\n"
)
_K3S = "service-cidr: 10.45.0.0/16\ncluster-dns: 10.43.0.10\n"


def _beside(kubelet: str, kubeadm: str = _KUBEADM) -> dict[str, str]:
    return {"kubeadm.yaml": f"{kubeadm}---\n{kubelet}"}


class ClusterDnsAddressOfNoService(Rule):
    """The kubelet gives pods a nameserver that is not the address of the DNS Service, so no name resolves.

    ## Why
    The kubelet writes `clusterDNS` into the resolv.conf of each pod. The DNS Service gets a cluster IP in the network of Services,
    by convention the tenth one. If the network was changed and `clusterDNS` was not, the address belongs to no Service: packets to
    it leave the node and get lost, and each lookup times out after 10 seconds (2 attempts of 5 seconds).

    The rule compares `clusterDNS` with the network of Services in the same file, or with the only one of the cluster, and with the
    cluster IP in the manifest of the DNS Service. It is silent about link-local addresses, which belong to NodeLocal DNSCache, and
    about public addresses and those that do not end like that of a DNS Service (`.10`, `.3`, `.2`), which can be other servers.

    ## Fix
    There is no automatic fix, because either of the two can be wrong. Nodes and pods have to be restarted after the change.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (`clusterDNS`)
    - https://github.com/vitobotta/hetzner-k3s/issues/351
    - https://github.com/kubernetes/kubernetes/issues/69487
    """

    code = "KPL115"
    name = "cluster-dns-address-of-no-service"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeletConfig|ClusterSettings"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _beside(_KUBELET),
            flags=["10.96.0.10"],
            says=[
                "`10.96.0.10` is outside of the Service network `10.10.0.0/16`",
                "Set it to an address in `10.10.0.0/16`",
            ],
        ),
        Bad(files(**{"a.yaml": _KUBEADM, "b.yaml": _KUBELET}), flags=["10.96.0.10"]),
        Good(_beside(_KUBELET.replace("10.96", "10.10"))),
        # one of two families
        Bad(
            _beside(_KUBELET.replace("[10.96", "['fd00:7::a', 10.96"), _KUBEADM.replace("/16", "/16,fd00::/108")),
            flags=["'fd00:7::a'", "10.96.0.10"],
        ),
        Good(_beside(_KUBELET.replace("10.96.0.10", "'fd00:7::a'"))),
        # NodeLocal DNSCache, a server outside of the cluster, what is not an address
        Good(_beside(_KUBELET.replace("10.96.0.10", "169.254.20.10"))),
        Good(_beside(_KUBELET.replace("10.96.0.10", "10.96.0.53"))),
        Good(_beside(_KUBELET.replace("10.96.0.10", "192.88.99.10"))),
        Good(_beside(_KUBELET.replace("10.96.0.10", "${DNS}"))),
        Good(_beside(_KUBELET, _KUBEADM.replace("10.10.0.0/16", "${SERVICES}"))),
        Good(_beside(_KUBELET, _KUBEADM.replace("serviceSubnet", "podSubnet"))),
        # two clusters
        Good(
            files(
                **{
                    "a.yaml": _KUBEADM,
                    "b.yaml": _KUBEADM.replace("10.10.", "10.20."),
                    "c.yaml": _KUBELET,
                }
            )
        ),
        # the Service itself
        Bad(
            files(**{"kubelet.yaml": _KUBELET, "service.yaml": _SERVICE}),
            flags=["10.96.0.10"],
            says=["the DNS Service has the address `10.96.0.2`, not `10.96.0.10`", "Set it to `10.96.0.2`"],
        ),
        Good(files(**{"kubelet.yaml": _KUBELET, "service.yaml": _SERVICE.replace("0.2", "0.10")})),
        Good(files(**{"kubelet.yaml": _KUBELET.replace("10.96.0.10", "10.97.0.10"), "service.yaml": _SERVICE})),
        Good(files(**{"kubelet.yaml": _KUBELET, "service.yaml": _SERVICE.replace("kube-dns", "dns")})),
        Good(
            files(**{"kubelet.yaml": _KUBELET.replace("10.96.0.10", "10.96.0.10, 10.96.0.2"), "service.yaml": _SERVICE})
        ),
        # an installer
        Bad(
            files(**{"config.yaml": _K3S}), flags=["10.43.0.10"], says=["outside of the Service network `10.45.0.0/16`"]
        ),
        Good(files(**{"config.yaml": _K3S.replace("10.43", "10.45")})),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        networks = [
            (document, each) for document, each in _service_networks(cluster) if network_family(each) is not None
        ]
        services = [
            (document, each)
            for document, each in cluster.of(Service, clue="dns")
            if is_cluster_dns_service(f"{each.namespace}/{each.name}")
            and canonical_address(each.cluster_ip) is not None
        ]
        for document, servers in _dns_addresses(cluster):
            if any(each.startswith(("169.254.", "fe80:")) for each in servers):
                continue
            own = [each for each in networks if each[0].source is document.source] or networks
            for server in servers:
                if not _is_like_a_service(server):
                    continue
                if (found := _missed(server, own)) is not None:
                    where, network = found
                    yield self._finding(
                        document,
                        server,
                        f"`{server}` is outside of the Service network `{network}`, so it is the address of no Service and pods "
                        "resolve no name",
                        f"an address in `{network}`",
                        Related(_span(network), "the network of Services", where),
                    )
                elif len(services) == 1 and _is_beside(server, services[0][1], servers):
                    where, service = services[0]
                    yield self._finding(
                        document,
                        server,
                        f"the DNS Service has the address `{service.cluster_ip}`, not `{server}`, so pods resolve no name",
                        f"`{service.cluster_ip}`",
                        Related(service.name.span, "the DNS Service", where),
                    )

    def _finding(self, document: Document, server: Text, message: str, value: str, related: Related) -> Finding:
        return self.finding(server.span, message, help=f"Set it to {value}.", related=[related], document=document)


def _span(text: Text) -> Span:
    return text.span


def _service_networks(cluster: Cluster) -> Iterator[tuple[Document, Text]]:
    for document, kubeadm in cluster.of(KubeadmCluster):
        if kubeadm.service_subnet is not None and not document.is_example:
            for part in kubeadm.service_subnet.split(","):
                yield document, Text(part.strip(), kubeadm.service_subnet.span)
    for document, settings in cluster.of(ClusterSettings):
        if not settings.elsewhere:
            for network in settings.service_networks:
                for part in network.split(","):
                    yield document, Text(part.strip(), network.span)


def _dns_addresses(cluster: Cluster) -> Iterator[tuple[Document, list[Text]]]:
    for document, kubelet in cluster.of(KubeletConfig):
        if not document.is_example:
            yield document, list(kubelet.cluster_dns)
    for document, settings in cluster.of(ClusterSettings):
        if not settings.elsewhere and not settings.node_local:
            yield document, [each for each in settings.dns_addresses if each not in settings.node_local_addresses]


def _is_like_a_service(server: str) -> bool:
    address = ipaddress.ip_address(canonical_address(server) or "::")
    return address.is_private and int(address) & 0xFF in _HOSTS


def _missed(server: str, networks: Iterable[tuple[Document, Text]]) -> tuple[Document, Text] | None:
    """The only network of Services in the IP family of an address, if the address is outside of it."""
    family = 6 if ":" in server else 4
    same = {str(network): (document, network) for document, network in networks if network_family(network) == family}
    if len(same) != 1:
        return None
    ((network, found),) = same.items()
    return None if is_within(server, network) else found


def _is_beside(server: str, service: Service, servers: Iterable[str]) -> bool:
    """Whether an address is in the network of the DNS Service, and no server of the pod is the Service."""
    own = [canonical_address(each) for each in (service.cluster_ip, *service.cluster_ips)]
    if any(canonical_address(each) in own for each in servers):
        return False
    wanted = ipaddress.ip_address(canonical_address(server) or "::")
    for each in own:
        if each is not None and ipaddress.ip_address(each).version == wanted.version:
            bits = _SAME_NETWORK[wanted.version]
            return wanted in ipaddress.ip_network(f"{each}/{bits}", strict=False)
    return False
