"""Where installers have their settings whose files hold no objects of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.configurators.table import Configurator, below
from kpl.inputs.yaml.tree import Mapping, Node

# https://docs.siderolabs.com/talos/v1.11/reference/configuration/v1alpha1/config
TALOS = Configurator(
    "Talos",
    {
        "machine.kubelet.image": "release",
        "machine.kubelet.clusterDNS": "dns_addresses",
        "machine.kubelet.extraConfig.clusterDNS": "dns_addresses",
        "machine.kubelet.extraConfig.clusterDomain": "domain",
        "machine.network.nameservers": "upstreams",
        "machine.network.interfaces.*.addresses": "node_addresses",
        "machine.network.interfaces.*.vip.ip": "node_addresses",
        "machine.network.interfaces.*.vlans.*.addresses": "node_addresses",
        "cluster.controlPlane.endpoint": "node_addresses",
        "cluster.clusterName": "name",
        "cluster.network.dnsDomain": "domain",
        "cluster.network.podSubnets": "pod_networks",
        "cluster.network.serviceSubnets": "service_networks",
        "cluster.coreDNS.disabled": "off coredns",
        "cluster.coreDNS.image": "coredns_release",
        "cluster.proxy.disabled": "off kube_proxy",
        "cluster.proxy.image": "release",
        "cluster.proxy.mode": "kube-proxy mode",
        "cluster.proxy.extraArgs": "flags",
    },
    takes_any_mode=True,
)
# https://budimanjojo.github.io/talhelper/latest/reference/configuration/
TALHELPER = Configurator(
    "Talos",
    {
        "clusterName": "name",
        "kubernetesVersion": "release",
        "domain": "domain",
        "clusterPodNets": "pod_networks",
        "clusterSvcNets": "service_networks",
        "endpoint": "node_addresses",
        "nodes.*.ipAddress": "node_addresses",
        "patches.*": "talos",
        "controlPlane.patches.*": "talos",
        "worker.patches.*": "talos",
        "nodes.*.patches.*": "talos",
    },
    takes_any_mode=True,
)

# https://docs.k3s.io/cli/server, https://docs.rke2.io/reference/server_config
_K3S = {
    "kube-proxy-arg": "flags",
    "disable-kube-proxy": "off kube_proxy",
    "cluster-dns": "dns_addresses",
    "cluster-domain": "domain",
    "cluster-cidr": "pod_networks",
    "service-cidr": "service_networks",
    "node-ip": "node_addresses",
    "advertise-address": "node_addresses",
    "server": "node_addresses",
    "disable": "disabled",
}
K3S = Configurator("k3s", _K3S)
RKE2 = Configurator("RKE2", _K3S)
K3S_ROOTS = ("k3s_server", "k3s_agent", "k3s_server_config", "k3s_agent_config")
"""The variables of Ansible roles that hold the configuration of k3s."""
K3S_VARIABLES = Configurator(
    "k3s",
    {
        "k3s_version": "release",
        "k3s_release_version": "release",
        **{path: word for root in K3S_ROOTS for path, word in below(root, _K3S).items()},
    },
)

# https://kubespray.io/#/docs/ansible/vars, and roles/kubernetes/control-plane/defaults/main/kube-proxy.yml of kubespray
KUBESPRAY = Configurator(
    "kubespray",
    {
        "kube_version": "release",
        "cluster_name": "domain",
        "dns_domain": "domain",
        "skydns_server": "dns_addresses",
        "nodelocaldns_ip": "node_local_addresses",
        "enable_nodelocaldns": "on node_local",
        "dns_mode": "choice coredns",
        "upstream_dns_servers": "upstreams",
        "kube_pods_subnet": "pod_networks",
        "kube_pods_subnet_ipv6": "pod_networks",
        "kube_service_addresses": "service_networks",
        "kube_service_addresses_ipv6": "service_networks",
        "kube_proxy_remove": "off kube_proxy",
        "kube_proxy_mode": "kube-proxy mode",
        "kube_proxy_bind_address": "kube-proxy bindAddress",
        "kube_proxy_config_sync_period": "kube-proxy configSyncPeriod",
        "kube_proxy_conntrack_max_per_core": "kube-proxy conntrack.maxPerCore",
        "kube_proxy_conntrack_min": "kube-proxy conntrack.min",
        "kube_proxy_conntrack_tcp_close_wait_timeout": "kube-proxy conntrack.tcpCloseWaitTimeout",
        "kube_proxy_conntrack_tcp_established_timeout": "kube-proxy conntrack.tcpEstablishedTimeout",
        "kube_proxy_enable_profiling": "kube-proxy enableProfiling",
        "kube_proxy_healthz_bind_address": "kube-proxy healthzBindAddress",
        "kube_proxy_metrics_bind_address": "kube-proxy metricsBindAddress",
        # the sections of iptables and ipvs mode share the variables for the periods
        "kube_proxy_masquerade_all": "kube-proxy iptables.masqueradeAll",
        "kube_proxy_masquerade_bit": "kube-proxy iptables.masqueradeBit",
        "kube_proxy_exclude_cidrs": "kube-proxy ipvs.excludeCIDRs",
        "kube_proxy_scheduler": "kube-proxy ipvs.scheduler",
        "kube_proxy_strict_arp": "kube-proxy ipvs.strictARP",
        "kube_proxy_tcp_timeout": "kube-proxy ipvs.tcpTimeout",
        "kube_proxy_tcp_fin_timeout": "kube-proxy ipvs.tcpFinTimeout",
        "kube_proxy_udp_timeout": "kube-proxy ipvs.udpTimeout",
        "kube_proxy_nodeport_addresses": "kube-proxy nodePortAddresses",
        "kube_proxy_oom_score_adj": "kube-proxy oomScoreAdj",
        "kube_proxy_port_range": "kube-proxy portRange",
    },
    choices={"coredns": True, "coredns_dual": True, "manual": False, "none": False},
)

# https://pkg.go.dev/k8s.io/minikube/pkg/minikube/config#ClusterConfig: the config.json of a profile
MINIKUBE = Configurator(
    "minikube",
    {
        "Name": "name",
        "KubernetesConfig.KubernetesVersion": "release",
        "KubernetesConfig.DNSDomain": "domain",
        "KubernetesConfig.ServiceCIDR": "service_networks",
        "KubernetesConfig.ExtraOptions.*": "options",
    },
    elsewhere=True,
)

# https://learn.microsoft.com/azure/aks/localdns-custom
AKS_LOCAL_DNS = Configurator(
    "AKS LocalDNS", {"vnetDNSOverrides": "there node_local", "kubeDNSOverrides": "there node_local"}
)

_TALOS_ROOT = frozenset(("version", "debug", "persist", "machine", "cluster", "$patch"))
_TALOS_CLUSTER = frozenset(
    """
    acceptedCAs adminKubeconfig aescbcEncryptionSecret aggregatorCA allowSchedulingOnControlPlanes
    allowSchedulingOnMasters apiServer ca clusterName controllerManager controlPlane coreDNS discovery etcd
    externalCloudProvider extraManifestHeaders extraManifests id inlineManifests network proxy scheduler secret
    secretboxEncryptionSecret serviceAccount token
    """.split()
)
_TALOS_PROXY = frozenset(("disabled", "image", "mode", "extraArgs", "$patch"))
_K3S_ALONE = frozenset(("kube-proxy-arg", "disable-kube-proxy"))
_K3S_NETWORK = frozenset(("cluster-dns", "cluster-domain", "cluster-cidr", "service-cidr"))
_KUBESPRAY_STARTS = (
    "kube_proxy_",
    "nodelocaldns_",
    "enable_nodelocaldns",
    "kube_pods_subnet",
    "kube_service_addresses",
)


def _keys(node: Node | None) -> set[str]:
    return {key.value for key in node.keys()} if isinstance(node, Mapping) else set()


def is_talos(node: Mapping) -> bool:
    """Whether `node` is the configuration of a machine, or a patch of one: nothing else has the same few keys."""
    keys = _keys(node)
    return (
        keys <= _TALOS_ROOT
        and not keys.isdisjoint(("machine", "cluster"))
        and _keys(node.get("cluster")) <= _TALOS_CLUSTER
        and _keys(node.get("cluster", "proxy")) <= _TALOS_PROXY
    )


def configurators_in(node: Mapping, path: str) -> Iterator[Configurator]:
    """The installers that the file `node` is for, or that have variables in it."""
    keys = _keys(node)
    if is_talos(node):
        yield TALOS
    elif "talosVersion" in keys and "nodes" in keys:
        yield TALHELPER
    folders = path.replace("\\", "/").lower()
    network = keys & _K3S_NETWORK
    if keys & _K3S_ALONE or len(network) > 1 or (network and ("k3s" in folders or "rke2" in folders)):
        yield RKE2 if "rke2" in folders else K3S
    if not keys.isdisjoint(K3S_ROOTS):
        yield K3S_VARIABLES
    if any(key.startswith(_KUBESPRAY_STARTS) for key in keys):
        yield KUBESPRAY
    if "KubernetesConfig" in keys and "DNSDomain" in _keys(node.get("KubernetesConfig")):
        yield MINIKUBE
    if keys & {"vnetDNSOverrides", "kubeDNSOverrides"}:
        yield AKS_LOCAL_DNS
