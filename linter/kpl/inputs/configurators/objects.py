"""Where installers have their settings in objects, as Kubernetes has them or with a `kind` of their own."""

from __future__ import annotations

from kpl.inputs.configurators.files import K3S, RKE2, TALOS
from kpl.inputs.configurators.table import KUBEADM_CLUSTER, KUBELET, Configurator, Paths, below
from kpl.inputs.yaml.tree import Mapping

# https://kops.sigs.k8s.io/cluster_spec/
_KOPS = Configurator(
    "kops",
    {
        "metadata.name": "name",
        "spec.kubernetesVersion": "release",
        "spec.clusterDNSDomain": "domain",
        "spec.podCIDR": "pod_networks",
        "spec.serviceClusterIPRange": "service_networks",
        "spec.networking.podCIDR": "pod_networks",
        "spec.networking.serviceClusterIPRange": "service_networks",
        "spec.kubelet.clusterDNS": "dns_addresses",
        "spec.kubeDNS.provider": "choice coredns",
        "spec.kubeDNS.domain": "domain",
        "spec.kubeDNS.serverIP": "dns_addresses",
        "spec.kubeDNS.coreDNSImage": "coredns_release",
        "spec.kubeDNS.upstreamNameservers": "upstreams",
        "spec.kubeDNS.externalCoreFile": "corefile",
        "spec.kubeDNS.nodeLocalDNS.enabled": "on node_local",
        "spec.kubeDNS.nodeLocalDNS.localIP": "node_local_addresses",
        "spec.kubeDNS.nodeLocalDNS.externalCoreFile": "corefile",
        "spec.kubeProxy.enabled": "on kube_proxy",
        "spec.kubeProxy.proxyMode": "kube-proxy mode",
        "spec.kubeProxy.bindAddress": "kube-proxy bindAddress",
        "spec.kubeProxy.clusterCIDR": "kube-proxy clusterCIDR",
        "spec.kubeProxy.conntrackMaxPerCore": "kube-proxy conntrack.maxPerCore",
        "spec.kubeProxy.conntrackMin": "kube-proxy conntrack.min",
        "spec.kubeProxy.featureGates": "kube-proxy featureGates",
        "spec.kubeProxy.ipvsExcludeCidrs": "kube-proxy ipvs.excludeCIDRs",
        "spec.kubeProxy.ipvsMinSyncPeriod": "kube-proxy ipvs.minSyncPeriod",
        "spec.kubeProxy.ipvsScheduler": "kube-proxy ipvs.scheduler",
        "spec.kubeProxy.ipvsSyncPeriod": "kube-proxy ipvs.syncPeriod",
        "spec.kubeProxy.metricsBindAddress": "kube-proxy metricsBindAddress",
    },
    choices={"CoreDNS": True, "KubeDNS": False},
)

# https://kind.sigs.k8s.io/docs/user/configuration/
_KIND = Configurator(
    "kind",
    {
        "name": "name",
        "nodes.*.image": "release",
        "networking.podSubnet": "pod_networks",
        "networking.serviceSubnet": "service_networks",
        "networking.dnsSearch": "searches",
        "networking.kubeProxyMode": "kube-proxy mode",
        "kubeadmConfigPatches.*": "kubeadm",
        "nodes.*.kubeadmConfigPatches.*": "kubeadm",
    },
    modes={"none": ""},
    elsewhere=True,
)

# https://gardener.cloud/docs/gardener/api-reference/core-v1beta1/
_SHOOT = Configurator(
    "Gardener",
    {
        "metadata.name": "name",
        "spec.kubernetes.version": "release",
        "spec.kubernetes.kubeProxy.enabled": "on kube_proxy",
        "spec.kubernetes.kubeProxy.mode": "kube-proxy mode",
        "spec.kubernetes.kubeProxy.featureGates": "kube-proxy featureGates",
        "spec.networking.pods": "pod_networks",
        "spec.networking.services": "service_networks",
        "spec.systemComponents.nodeLocalDNS.enabled": "on node_local",
    },
    modes={"IPTables": "iptables", "IPVS": "ipvs", "NFTables": "nftables"},
    elsewhere=True,
)

# https://eksctl.io/usage/schema/
_EKSCTL = Configurator(
    "eksctl",
    {
        "metadata.name": "name",
        "metadata.version": "release",
        "kubernetesNetworkConfig.serviceIPv4CIDR": "service_networks",
        "nodeGroups.*.clusterDNS": "dns_addresses",
        "managedNodeGroups.*.clusterDNS": "dns_addresses",
        "addons.*": "addons",
    },
)

# https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/networking_operators/
_OPENSHIFT_NETWORK = Configurator(
    "OpenShift",
    {
        "spec.clusterNetwork.*.cidr": "pod_networks",
        "spec.serviceNetwork": "service_networks",
        "spec.deployKubeProxy": "on kube_proxy",
        "spec.kubeProxyConfig.bindAddress": "kube-proxy bindAddress",
        "spec.kubeProxyConfig.iptablesSyncPeriod": "kube-proxy iptables.syncPeriod",
        "spec.kubeProxyConfig.proxyArguments": "flags",
    },
)
_OPENSHIFT_DNS = Configurator(
    "OpenShift",
    {
        "spec.servers.*.forwardPlugin.upstreams": "upstreams",
        "spec.upstreamResolvers.upstreams.*.address": "upstreams",
        "status.clusterDomain": "domain",
        "status.clusterIP": "dns_addresses",
    },
)

# https://cluster-api.sigs.k8s.io/tasks/bootstrap/kubeadm-bootstrap/
_KUBEADM_SPEC = {**below("clusterConfiguration", KUBEADM_CLUSTER), "files.*.content": "kubeadm"}
_CAPI = Configurator("Cluster API", {}, elsewhere=True)
_CAPI_CLUSTER = _CAPI._replace(
    paths={
        "metadata.name": "name",
        "spec.topology.version": "release",
        "spec.clusterNetwork.serviceDomain": "domain",
        "spec.clusterNetwork.pods.cidrBlocks": "pod_networks",
        "spec.clusterNetwork.services.cidrBlocks": "service_networks",
    },
)
_CAPI_CONTROL_PLANE = _CAPI._replace(
    paths={"spec.version": "release", **below("spec.kubeadmConfigSpec", _KUBEADM_SPEC)}
)
_CAPI_CONTROL_PLANE_TEMPLATE = _CAPI._replace(paths=below("spec.template.spec.kubeadmConfigSpec", _KUBEADM_SPEC))
_CAPI_CONFIG = _CAPI._replace(paths=below("spec", _KUBEADM_SPEC))
_CAPI_CONFIG_TEMPLATE = _CAPI._replace(paths=below("spec.template.spec", _KUBEADM_SPEC))

# https://github.com/rancher/cluster-api-provider-rke2, controlplane/api and bootstrap/api
_RKE2_AGENT = {"agentConfig.version": "release", "agentConfig.kubeProxy.extraArgs": "flags"}
_RKE2_SERVER = {
    "version": "release",
    "serverConfig.clusterDNS": "dns_addresses",
    "serverConfig.clusterDomain": "domain",
    "serverConfig.disableComponents.kubernetesComponents": "disabled",
    "serverConfig.disableComponents.pluginComponents": "disabled",
    **_RKE2_AGENT,
}
# https://github.com/k3s-io/cluster-api-k3s, controlplane/api and bootstrap/api
_K3S_SPEC = {
    "version": "release",
    "serverConfig.clusterCidr": "pod_networks",
    "serverConfig.serviceCidr": "service_networks",
    "serverConfig.clusterDNS": "dns_addresses",
    "serverConfig.clusterDomain": "domain",
    "serverConfig.disableComponents": "disabled",
    "agentConfig.kubeProxyArgs": "flags",
}
_K3S_SERVER = {"version": "release", **below("kthreesConfigSpec", _K3S_SPEC)}
# https://github.com/siderolabs/cluster-api-control-plane-provider-talos
_TALOS_SPEC = {"configPatches": "operations", "strategicPatches.*": "talos"}
_TALOS_SERVER = {"version": "release", **below("controlPlaneConfig.controlplane", _TALOS_SPEC)}


def _provider(paths: Paths) -> tuple[Configurator, Configurator]:
    """A provider of Cluster API by the paths below its ``spec``, and its template."""
    return _CAPI._replace(paths=below("spec", paths)), _CAPI._replace(paths=below("spec.template.spec", paths))


_RKE2_CONTROL_PLANE, _RKE2_CONTROL_PLANE_TEMPLATE = _provider(_RKE2_SERVER)
_RKE2_CONFIG, _RKE2_CONFIG_TEMPLATE = _provider(_RKE2_AGENT)
_K3S_CONTROL_PLANE, _K3S_CONTROL_PLANE_TEMPLATE = _provider(_K3S_SERVER)
_K3S_CONFIG, _K3S_CONFIG_TEMPLATE = _provider(_K3S_SPEC)
_TALOS_CONTROL_PLANE, _ = _provider(_TALOS_SERVER)
_TALOS_CONFIG, _TALOS_CONFIG_TEMPLATE = _provider(_TALOS_SPEC)

# https://ranchermanager.docs.rancher.com/reference-guides/cluster-configuration/rancher-server-configuration/rke2-cluster-configuration
_RANCHER = Configurator(
    "Rancher",
    {
        "metadata.name": "name",
        "spec.kubernetesVersion": "release",
        **below("spec.rkeConfig.machineGlobalConfig", RKE2.paths),
        **below("spec.rkeConfig.machineSelectorConfig.*.config", RKE2.paths),
    },
    elsewhere=True,
)

# https://k3d.io/stable/usage/configfile/
_K3D = Configurator(
    K3S.name,
    {"metadata.name": "name", "image": "release", "options.k3s.extraArgs": "arguments"},
    elsewhere=True,
)

# https://docs.siderolabs.com/talos/v1.14/reference/configuration/kubernetes/kubeproxyconfig
_TALOS_PROXY = TALOS._replace(
    paths={
        "enabled": "on kube_proxy",
        "image": "release",
        "mode": "kube-proxy mode",
        "config": "kube-proxy *",
        "extraArgs": "flags",
    }
)
_TALOS_NETWORK = TALOS._replace(
    paths={"dnsDomain": "domain", "podSubnets": "pod_networks", "serviceSubnets": "service_networks"}
)
_TALOS_KUBELET = TALOS._replace(
    paths={"image": "release", "clusterDNS": "dns_addresses", **below("config", KUBELET)},
)

OBJECTS: dict[str, dict[str, Configurator]] = {
    "kops.k8s.io": {"Cluster": _KOPS},
    "kind.x-k8s.io": {"Cluster": _KIND},
    "core.gardener.cloud": {"Shoot": _SHOOT},
    "eksctl.io": {"ClusterConfig": _EKSCTL},
    "config.openshift.io": {"Network": _OPENSHIFT_NETWORK},
    "operator.openshift.io": {"Network": _OPENSHIFT_NETWORK, "DNS": _OPENSHIFT_DNS},
    "cluster.x-k8s.io": {"Cluster": _CAPI_CLUSTER},
    "controlplane.cluster.x-k8s.io": {
        "KubeadmControlPlane": _CAPI_CONTROL_PLANE,
        "KubeadmControlPlaneTemplate": _CAPI_CONTROL_PLANE_TEMPLATE,
        "KThreesControlPlane": _K3S_CONTROL_PLANE,
        "KThreesControlPlaneTemplate": _K3S_CONTROL_PLANE_TEMPLATE,
        "RKE2ControlPlane": _RKE2_CONTROL_PLANE,
        "RKE2ControlPlaneTemplate": _RKE2_CONTROL_PLANE_TEMPLATE,
        "TalosControlPlane": _TALOS_CONTROL_PLANE,
    },
    "bootstrap.cluster.x-k8s.io": {
        "KubeadmConfig": _CAPI_CONFIG,
        "KubeadmConfigTemplate": _CAPI_CONFIG_TEMPLATE,
        "KThreesConfig": _K3S_CONFIG,
        "KThreesConfigTemplate": _K3S_CONFIG_TEMPLATE,
        "RKE2Config": _RKE2_CONFIG,
        "RKE2ConfigTemplate": _RKE2_CONFIG_TEMPLATE,
        "TalosConfig": _TALOS_CONFIG,
        "TalosConfigTemplate": _TALOS_CONFIG_TEMPLATE,
    },
    "provisioning.cattle.io": {"Cluster": _RANCHER},
    "k3d.io": {"Simple": _K3D},
    "v1alpha1": {
        "KubeProxyConfig": _TALOS_PROXY,
        "KubeNetworkConfig": _TALOS_NETWORK,
        "KubeletConfig": _TALOS_KUBELET,
        "KubeCoreDNSConfig": TALOS._replace(paths={"enabled": "on coredns", "image": "coredns_release"}),
        "KubeClusterConfig": TALOS._replace(paths={"clusterName": "name"}),
    },
}
"""API group -> kind -> its installer. Talos has versions without a group."""


def configurator_of(node: Mapping) -> Configurator | None:
    """The installer that the object `node` is for."""
    kinds = OBJECTS.get((node.text("apiVersion") or "").partition("/")[0], {})
    return kinds.get(node.text("kind") or "")
