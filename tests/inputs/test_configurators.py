"""The configuration of what installs clusters: what is read in it, where that stands, and what rules make of it."""

from __future__ import annotations

from collections.abc import Mapping as Mappings
from typing import Any

import pytest

from kpl.inputs.configurators.files import AKS_LOCAL_DNS, K3S, K3S_VARIABLES, KUBESPRAY, MINIKUBE, TALHELPER, TALOS
from kpl.inputs.configurators.objects import OBJECTS
from kpl.inputs.configurators.readers import InstallerReader
from kpl.inputs.configurators.settings import ClusterSettings
from kpl.inputs.configurators.table import EKS_ADDONS, KUBEADM
from kpl.inputs.document import Document
from kpl.inputs.registry import only_tells
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.proxy.configuration.fields import PROXY_FIELDS
from kpl.text.span import Text
from support import readings

KOPS = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: a.example\nspec:\n"
KIND = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n"
SHOOT = "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nmetadata:\n  name: a\nspec:\n"
EKSCTL = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n"
NETWORK = "apiVersion: operator.openshift.io/v1\nkind: Network\nspec:\n"
RANCHER = "apiVersion: provisioning.cattle.io/v1\nkind: Cluster\nmetadata: {name: a}\nspec:\n"
CAPI = "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: "
K3D = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: a}\n"
CONTROL_PLANE = "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\nspec:\n"
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
COREFILE = ".:53 {\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}" for line in text.splitlines(keepends=True))


def documents(text: str, path: str = "a.yaml") -> list[Document]:
    return [document for reading in readings({path: text}) for document in reading.documents]


def plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.value: plain(node.get(key.value)) for key in node.keys()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def proxies(text: str, path: str = "a.yaml") -> list[Any]:
    found = [each.model for each in documents(text, path) if each.kind == "KubeProxyConfig"]
    assert all(each.partial for each in found)
    return [plain(each.node) for each in found]


def settings(text: str, path: str = "a.yaml") -> dict[str, Any]:
    """What the only `ClusterSettings` say; each word of them stands where it says."""
    [document] = [each for each in documents(text, path) if each.kind == "ClusterSettings"]
    assert only_tells(document)
    said = {name: value for name, value in vars(document.model).items() if value not in (None, [], "")}
    assert (said.pop("node_local_span", None) is not None) is ("node_local" in said)
    for value in said.values():
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, Text):
                assert word in document.source.text[slice(*word.span)]
    return {name: value for name, value in said.items() if name != "elsewhere" or value}


def test_tables_lead_to_what_there_is() -> None:
    configurators = [
        *(each for kinds in OBJECTS.values() for each in kinds.values()),
        *(AKS_LOCAL_DNS, K3S, K3S_VARIABLES, KUBESPRAY, MINIKUBE, TALHELPER, TALOS),
    ]
    known = vars(ClusterSettings("x"))
    for paths in (*(each.paths for each in configurators), *KUBEADM.values(), *EKS_ADDONS.values()):
        for word in paths.values():
            name, _, of = word.partition(" ")
            if name in ("on", "off", "there", "choice"):
                assert of in ("kube_proxy", "coredns", "node_local")
            elif name == "kube-proxy" and of != "*":
                section, _, last = of.rpartition(".")
                assert last in PROXY_FIELDS[section]
            else:
                assert name in known or name in (
                    "kube-proxy",
                    "flags",
                    "corefile",
                    "kubeadm",
                    "talos",
                    "addons",
                    "disabled",
                    "operations",
                    "arguments",
                    "options",
                )


def test_the_reader_knows_all_kinds_of_the_table() -> None:
    kind = InstallerReader.kind
    assert set(kind.kinds) == {each for kinds in OBJECTS.values() for each in kinds}
    for group, kinds in OBJECTS.items():
        for each in kinds:
            assert kind.takes(each, group if group == "v1alpha1" else f"{group}/v1", "")


PROXIES: dict[str, tuple[str, Any]] = {
    "Talos": ("cluster:\n  proxy:\n    mode: nftables\n", {"mode": "nftables"}),
    "Talos with flags": (
        "version: v1alpha1\nmachine: {type: worker}\ncluster:\n  proxy:\n    extraArgs:\n      metrics-bind-address: 0.0.0.0:10249\n",
        {"metricsBindAddress": "0.0.0.0:10249"},
    ),
    "Talos with lists of flags": (
        "cluster:\n  proxy:\n    extraArgs:\n      nodeport-addresses: [10.0.0.0/8, fd00::/8]\n",
        {"nodePortAddresses": ["10.0.0.0/8", "fd00::/8"]},
    ),
    "Talos by documents": (
        "apiVersion: v1alpha1\nkind: KubeProxyConfig\nmode: ipvs\nconfig:\n  ipvs: {strictARP: true}\n  oomScoreAdj: 1\n",
        {"mode": "ipvs", "ipvs": {"strictARP": "true"}, "oomScoreAdj": "1"},
    ),
    "talhelper": (
        "talosVersion: v1.11.0\nnodes: []\npatches:\n  - |-\n    cluster:\n      proxy:\n        mode: ipvs\n",
        {"mode": "ipvs"},
    ),
    "a node of talhelper": (
        ("talosVersion: v1.11.0\nnodes:\n  - patches:\n      - |-\n        ---\n        apiVersion: v1alpha1\n"
        "        kind: KubeProxyConfig\n        mode: ipvs\n"),
        {"mode": "ipvs"},
    ),
    "k3s": ('kube-proxy-arg:\n  - "proxy-mode=ipvs"\n  - "ipvs-scheduler=lc"\n', {"mode": "ipvs", "ipvs": {"scheduler": "lc"}}),
    "k3s with one flag": ("kube-proxy-arg: metrics-bind-address=0.0.0.0\n", {"metricsBindAddress": "0.0.0.0"}),
    "k3s by Ansible": ("k3s_server:\n  kube-proxy-arg: [proxy-mode=ipvs]\n", {"mode": "ipvs"}),
    "kubespray": (
        "kube_proxy_mode: ipvs\nkube_proxy_strict_arp: true\nkube_proxy_masquerade_all: true\n",
        {"mode": "ipvs", "ipvs": {"strictARP": "true"}, "iptables": {"masqueradeAll": "true"}},
    ),
    "kops": (
        f"{KOPS}  kubeProxy:\n    proxyMode: ipvs\n    ipvsExcludeCidrs: [10.0.0.0/8]\n    featureGates: {{A: 'true'}}\n",
        {"mode": "ipvs", "ipvs": {"excludeCIDRs": ["10.0.0.0/8"]}, "featureGates": {"A": "true"}},
    ),
    "kind": (f"{KIND}networking:\n  kubeProxyMode: nftables\n", {"mode": "nftables"}),
    "kind with kubeadm's documents": (
        f"{KIND}kubeadmConfigPatches:\n- |\n  kind: KubeProxyConfiguration\n  mode: ipvs\n",
        {"kind": "KubeProxyConfiguration", "mode": "ipvs"},
    ),
    "Gardener": (f"{SHOOT}  kubernetes:\n    kubeProxy:\n      mode: IPVS\n", {"mode": "ipvs"}),
    "eksctl": (
        f"{EKSCTL}addons:\n- name: kube-proxy\n  configurationValues: |-\n    mode: ipvs\n    ipvs:\n      scheduler: sh\n",
        {"mode": "ipvs", "ipvs": {"scheduler": "sh"}},
    ),
    "eksctl in JSON": (
        f"{EKSCTL}addons:\n- name: kube-proxy\n  configurationValues: '{{\"mode\": \"ipvs\"}}'\n",
        {"mode": "ipvs"},
    ),
    "OpenShift": (
        f"{NETWORK}  kubeProxyConfig:\n    iptablesSyncPeriod: 30s\n    proxyArguments:\n      proxy-mode: [iptables]\n",
        {"iptables": {"syncPeriod": "30s"}, "mode": "iptables"},
    ),
    "Cluster API": (
        f"{CONTROL_PLANE}  kubeadmConfigSpec:\n    files:\n    - path: /kp.yaml\n      content: |\n{indented(PROXY, 8)}        mode: ipvs\n",
        {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "ipvs"},
    ),
    "Rancher": (
        (f"{RANCHER}  rkeConfig:\n    machineGlobalConfig:\n      kube-proxy-arg: [proxy-mode=ipvs]\n    machineSelectorConfig:\n"
        "    - config: {kube-proxy-arg: ipvs-scheduler=lc}\n    - word\n"),
        {"mode": "ipvs", "ipvs": {"scheduler": "lc"}},
    ),
    "RKE2 by Cluster API": (
        f"{CAPI}RKE2ControlPlane\nspec:\n  agentConfig:\n    kubeProxy: {{extraArgs: [proxy-mode=ipvs]}}\n",
        {"mode": "ipvs"},
    ),
    "k3s by Cluster API": (
        f"{CAPI}KThreesControlPlaneTemplate\nspec:\n  template:\n    spec:\n      kthreesConfigSpec:\n        agentConfig:\n          kubeProxyArgs: ['--proxy-mode=ipvs']\n",
        {"mode": "ipvs"},
    ),
    "Talos by Cluster API": (
        (f"{CAPI}TalosControlPlane\nspec:\n  controlPlaneConfig:\n    controlplane:\n      configPatches:\n"
        "      - {op: replace, path: /cluster/proxy/mode, value: ipvs}\n      - {op: remove, path: /cluster/proxy/disabled}\n"
        "      - {op: add, path: /cluster/proxy/extraArgs, value: {oom-score-adj: '-1'}}\n"),
        {"mode": "ipvs", "oomScoreAdj": "-1"},
    ),
    "Talos by Cluster API in strings": (
        ("apiVersion: bootstrap.cluster.x-k8s.io/v1alpha3\nkind: TalosConfigTemplate\nspec:\n  template:\n    spec:\n"
        "      strategicPatches:\n      - |\n        cluster:\n          proxy:\n            mode: ipvs\n"),
        {"mode": "ipvs"},
    ),
    "operations in talhelper": (
        ("talosVersion: v1.11.0\nnodes: []\npatches:\n- |-\n  - op: add\n    path: /cluster/proxy\n    value:\n      mode: ipvs\n"
        "  - op: add\n    path: /cluster/apiServer\n    value: {}\n"),
        {"mode": "ipvs"},
    ),
    "k3d": (
        (f"{K3D}options:\n  k3s:\n    extraArgs:\n    - arg: --kube-proxy-arg=proxy-mode=ipvs\n      nodeFilters: [server:*]\n"
        "    - arg: '--kube-proxy-arg=oom-score-adj=-1'\n    - {arg: --disable=traefik}\n    - word\n"),
        {"mode": "ipvs", "oomScoreAdj": "-1"},
    ),
    "minikube": (
        ('{"Name": "a", "KubernetesConfig": {"DNSDomain": "cluster.local", "ExtraOptions": ['
        '{"Component": "kube-proxy", "Key": "mode", "Value": "ipvs"}, {"Component": "kubelet", "Key": "mode", "Value": "a"}, '
        '{"Component": "kube-proxy", "Key": "ipvs.scheduler", "Value": "lc"}, 1]}}\n'),
        {"mode": "ipvs"},
    ),
    "a template of Cluster API": (
        ("apiVersion: bootstrap.cluster.x-k8s.io/v1beta1\nkind: KubeadmConfigTemplate\nspec:\n  template:\n    spec:\n"
        f"      files:\n      - content: |\n{indented(PROXY, 10)}          mode: ipvs\n"),
        {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "ipvs"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROXIES)
def test_settings_of_kube_proxy(name: str) -> None:
    text, expected = PROXIES[name]
    assert proxies(text) == [expected]


OFF = {
    "Talos": "cluster:\n  proxy:\n    disabled: true\n    mode: ipvs\n",
    "Talos by documents": "apiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: false\nmode: ipvs\n",
    "k3s": "disable-kube-proxy: true\nkube-proxy-arg: proxy-mode=ipvs\n",
    "kubespray": "kube_proxy_remove: true\nkube_proxy_mode: ipvs\n",
    "kops": f"{KOPS}  kubeProxy:\n    enabled: false\n    proxyMode: ipvs\n",
    "kind": f"{KIND}networking:\n  kubeProxyMode: none\n",
    "kind with kubeadm's documents": f"{KIND}networking:\n  kubeProxyMode: none\nkubeadmConfigPatches: ['{{kind: KubeProxyConfiguration, mode: ipvs}}']\n",
    "Gardener": f"{SHOOT}  kubernetes:\n    kubeProxy:\n      enabled: false\n      mode: IPVS\n",
    "OpenShift": f"{NETWORK}  deployKubeProxy: false\n  kubeProxyConfig:\n    iptablesSyncPeriod: 30s\n",
    "Rancher": f"{RANCHER}  rkeConfig: {{machineGlobalConfig: {{disable-kube-proxy: true, kube-proxy-arg: proxy-mode=ipvs}}}}\n",
    "RKE2 by Cluster API": f"{CAPI}RKE2ControlPlane\nspec:\n  serverConfig: {{disableComponents: {{kubernetesComponents: [kubeProxy]}}}}\n",
    "k3d": f"{K3D}options: {{k3s: {{extraArgs: [{{arg: --disable-kube-proxy}}, {{arg: --kube-proxy-arg=proxy-mode=ipvs}}]}}}}\n",
    "kubeadm": f"{CONTROL_PLANE}  kubeadmConfigSpec:\n    clusterConfiguration:\n      proxy: {{disabled: true}}\n",
}


@pytest.mark.parametrize("name", OFF)
def test_a_kube_proxy_that_is_turned_off_has_no_settings(name: str) -> None:
    assert proxies(OFF[name]) == []
    assert settings(OFF[name])["kube_proxy"] is False


SETTINGS: dict[str, tuple[str, str, Mappings[str, Any]]] = {
    "Talos": (
        "a.yaml",
        ("version: v1alpha1\nmachine:\n  kubelet:\n    image: ghcr.io/siderolabs/kubelet:v1.31.2\n    clusterDNS: [169.254.2.53]\n"
        "  network:\n    nameservers: [192.0.2.53, '{{ ns }}']\ncluster:\n  clusterName: home\n  network:\n    dnsDomain: a.example\n"
        "    podSubnets: [10.244.0.0/16]\n    serviceSubnets:\n      - 10.96.0.0/12\n  coreDNS:\n    disabled: true\n    image: r/coredns:v1.12.0\n"),
        {
            "configurator": "Talos",
            "release": "1.31.2",
            "coredns_release": "1.12.0",
            "dns_addresses": ["169.254.2.53"],
            "upstreams": ["192.0.2.53"],
            "name": "home",
            "domain": "a.example",
            "pod_networks": ["10.244.0.0/16"],
            "service_networks": ["10.96.0.0/12"],
            "coredns": False,
        },
    ),
    "Talos of two releases": (
        "a.yaml",
        "machine:\n  kubelet:\n    image: r/kubelet:v1.31.2\ncluster:\n  proxy:\n    image: r/kube-proxy:v1.31.1\n    disabled: false\n",
        {"configurator": "Talos", "kube_proxy": True},
    ),
    "Talos by documents": (
        "a.yaml",
        "apiVersion: v1alpha1\nkind: KubeNetworkConfig\ndnsDomain: a.example\npodSubnets: [10.244.0.0/16]\n",
        {"configurator": "Talos", "domain": "a.example", "pod_networks": ["10.244.0.0/16"]},
    ),
    "talhelper": (
        "talconfig.yaml",
        ("talosVersion: v1.11.0\nkubernetesVersion: v1.34.1\nclusterName: home\nclusterPodNets: [10.69.0.0/16]\nnodes: []\n"
        "controlPlane:\n  patches:\n    - |-\n      cluster:\n        network:\n          serviceSubnets: [10.96.0.0/16]\n"),
        {
            "configurator": "Talos",
            "release": "1.34.1",
            "name": "home",
            "pod_networks": ["10.69.0.0/16"],
            "service_networks": ["10.96.0.0/16"],
        },
    ),
    "k3s": (
        "a.yaml",
        "cluster-cidr: 10.42.0.0/16,fd00:42::/56\nservice-cidr: '10.43.0.0/16, fd00:43::/112'\ndisable: traefik,coredns\n",
        {
            "configurator": "k3s",
            "pod_networks": ["10.42.0.0/16", "fd00:42::/56"],
            "service_networks": ["10.43.0.0/16", "fd00:43::/112"],
            "coredns": False,
        },
    ),
    "k3s by its folder": ("etc/k3s/a.yaml", "cluster-dns: [10.43.0.10]\n", {"configurator": "k3s", "dns_addresses": ["10.43.0.10"]}),
    "RKE2": (
        "etc/rancher/rke2/config.yaml",
        "cluster-domain: a.example\ndisable: [rke2-coredns]\n",
        {"configurator": "RKE2", "domain": "a.example", "coredns": False},
    ),
    "k3s by Ansible": (
        "a.yml",
        "k3s_version: v1.30.4+k3s1\nk3s_server_config:\n  disable-kube-proxy: true\n  disable: [servicelb]\n",
        {"configurator": "k3s", "release": "1.30.4", "kube_proxy": False},
    ),
    "kubespray": (
        "a.yml",
        ("kube_version: v1.29.3\ncluster_name: cluster.local\ndns_domain: '{{ cluster_name }}'\nkube_pods_subnet: 10.233.64.0/18\n"
        "kube_service_addresses: 10.233.0.0/18\nenable_nodelocaldns: true\nnodelocaldns_ip: 169.254.25.10\nupstream_dns_servers:\n- 192.0.2.53\n"),
        {
            "configurator": "kubespray",
            "release": "1.29.3",
            "domain": "cluster.local",
            "pod_networks": ["10.233.64.0/18"],
            "service_networks": ["10.233.0.0/18"],
            "node_local": True,
            "node_local_addresses": ["169.254.25.10"],
            "upstreams": ["192.0.2.53"],
        },
    ),
    "AKS": (
        "localdns.json",
        '{"mode": "Required", "vnetDNSOverrides": {".": {}}, "kubeDNSOverrides": {}}\n',
        {"configurator": "AKS LocalDNS", "node_local": True},
    ),
    "kops": (
        "a.yaml",
        (f"{KOPS}  kubernetesVersion: 1.31.0\n  podCIDR: 100.96.0.0/11\n  serviceClusterIPRange: 100.64.0.0/13\n  clusterDNSDomain: a.local\n"
        "  kubeDNS:\n    serverIP: 100.64.0.10\n    coreDNSImage: r/coredns:1.11.3\n    nodeLocalDNS:\n      enabled: true\n      localIP: 169.254.20.10\n"),
        {
            "configurator": "kops",
            "name": "a.example",
            "release": "1.31.0",
            "coredns_release": "1.11.3",
            "pod_networks": ["100.96.0.0/11"],
            "service_networks": ["100.64.0.0/13"],
            "domain": "a.local",
            "dns_addresses": ["100.64.0.10"],
            "node_local": True,
            "node_local_addresses": ["169.254.20.10"],
        },
    ),
    "kind": (
        "a.yaml",
        (f"{KIND}name: test\nnodes:\n- role: control-plane\n  image: kindest/node:v1.31.0@sha256:53df588e04085fd41ae12de0c3fe4c72f7013bba32a20e7325357a1ac94ba865\n"
        "  kubeadmConfigPatches:\n  - |\n    kind: KubeletConfiguration\n    clusterDomain: a.example\n- role: worker\n"
        "networking: {podSubnet: '10.0.0.0/15', serviceSubnet: 10.2.0.0/16, dnsSearch: [b.example]}\n"),
        {
            "configurator": "kind",
            "elsewhere": True,
            "name": "test",
            "release": "1.31.0",
            "domain": "a.example",
            "pod_networks": ["10.0.0.0/15"],
            "service_networks": ["10.2.0.0/16"],
            "searches": ["b.example"],
        },
    ),
    "Gardener": (
        "a.yaml",
        (f"{SHOOT}  kubernetes: {{version: 1.33.4}}\n  networking: {{pods: 100.64.0.0/12, services: 100.80.0.0/13}}\n"
        "  systemComponents: {nodeLocalDNS: {enabled: false}}\n"),
        {
            "configurator": "Gardener",
            "elsewhere": True,
            "name": "a",
            "release": "1.33.4",
            "pod_networks": ["100.64.0.0/12"],
            "service_networks": ["100.80.0.0/13"],
            "node_local": False,
        },
    ),
    "eksctl": (
        "a.yaml",
        (f"{EKSCTL}metadata:\n  name: a\n  version: '1.30'\nkubernetesNetworkConfig: {{serviceIPv4CIDR: 10.100.0.0/16}}\n"
        "managedNodeGroups: [{clusterDNS: 169.254.20.10}]\n"),
        {
            "configurator": "eksctl",
            "name": "a",
            "release": "1.30",
            "service_networks": ["10.100.0.0/16"],
            "dns_addresses": ["169.254.20.10"],
        },
    ),
    "OpenShift": (
        "a.yaml",
        ("apiVersion: config.openshift.io/v1\nkind: Network\nspec:\n  clusterNetwork: [{cidr: 10.128.0.0/14, hostPrefix: 23}]\n"
        "  serviceNetwork: [172.30.0.0/16]\n"),
        {"configurator": "OpenShift", "pod_networks": ["10.128.0.0/14"], "service_networks": ["172.30.0.0/16"]},
    ),
    "OpenShift's DNS": (
        "a.yaml",
        ("apiVersion: operator.openshift.io/v1\nkind: DNS\nspec:\n  servers:\n  - zones: [a.example]\n    forwardPlugin: {upstreams: [192.0.2.1]}\n"
        "  upstreamResolvers:\n    upstreams: [{type: Network, address: 192.0.2.2}, {type: SystemResolvConf}]\n"),
        {"configurator": "OpenShift", "upstreams": ["192.0.2.1", "192.0.2.2"]},
    ),
    "Cluster API": (
        "a.yaml",
        ("apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: a}\nspec:\n  clusterNetwork:\n"
        "    pods: {cidrBlocks: [192.168.0.0/16]}\n    serviceDomain: a.local\n  topology: {version: v1.32.1}\n"),
        {
            "configurator": "Cluster API",
            "elsewhere": True,
            "name": "a",
            "release": "1.32.1",
            "domain": "a.local",
            "pod_networks": ["192.168.0.0/16"],
        },
    ),
    "Rancher": (
        "a.yaml",
        (f"{RANCHER}  kubernetesVersion: v1.34.3+rke2r1\n  rkeConfig:\n    machineGlobalConfig:\n      cluster-domain: a.local\n"
        "      cluster-dns: 10.43.0.10\n      disable: [rke2-coredns]\n"),
        {
            "configurator": "Rancher",
            "elsewhere": True,
            "name": "a",
            "release": "1.34.3",
            "domain": "a.local",
            "dns_addresses": ["10.43.0.10"],
            "coredns": False,
        },
    ),
    "RKE2 by Cluster API": (
        "a.yaml",
        (f"{CAPI}RKE2ControlPlane\nspec:\n  version: v1.31.1+rke2r1\n  serverConfig:\n    clusterDNS: 10.43.0.10\n    clusterDomain: a.local\n"
        "    disableComponents: {pluginComponents: [rke2-coredns]}\n"),
        {
            "configurator": "Cluster API",
            "elsewhere": True,
            "release": "1.31.1",
            "domain": "a.local",
            "dns_addresses": ["10.43.0.10"],
            "coredns": False,
        },
    ),
    "RKE2 of one release by Cluster API": (
        "a.yaml",
        "apiVersion: bootstrap.cluster.x-k8s.io/v1alpha1\nkind: RKE2ConfigTemplate\nspec: {template: {spec: {agentConfig: {version: v1.28.1+rke2r1}}}}\n",
        {"configurator": "Cluster API", "elsewhere": True, "release": "1.28.1"},
    ),
    "k3s by Cluster API": (
        "a.yaml",
        (f"{CAPI}KThreesControlPlane\nspec:\n  version: v1.30.2+k3s2\n  kthreesConfigSpec:\n    serverConfig:\n      clusterDomain: a.local\n"
        "      clusterCidr: 10.42.0.0/16\n      serviceCidr: 10.43.0.0/16\n      clusterDNS: 10.43.0.10\n      disableComponents: [coredns]\n"),
        {
            "configurator": "Cluster API",
            "elsewhere": True,
            "release": "1.30.2",
            "domain": "a.local",
            "dns_addresses": ["10.43.0.10"],
            "pod_networks": ["10.42.0.0/16"],
            "service_networks": ["10.43.0.0/16"],
            "coredns": False,
        },
    ),
    "k3d": (
        "a.yaml",
        (f"{K3D}image: rancher/k3s:v1.31.5-k3s1\noptions:\n  k3s:\n    extraArgs:\n    - arg: --cluster-domain=a.local\n"
        "    - arg: --disable=coredns\n    - arg: --disable=traefik\n    - arg: --cluster-cidr=10.42.0.0/16,fd00:42::/56\n    - arg:\n"),
        {
            "configurator": "k3s",
            "elsewhere": True,
            "name": "a",
            "release": "1.31.5",
            "domain": "a.local",
            "coredns": False,
            "pod_networks": ["10.42.0.0/16", "fd00:42::/56"],
        },
    ),
    "minikube": (
        "config.json",
        '{"Name": "a", "KubernetesConfig": {"KubernetesVersion": "v1.31.0", "DNSDomain": "a.local", "ServiceCIDR": "10.96.0.0/12"}}\n',
        {
            "configurator": "minikube",
            "elsewhere": True,
            "name": "a",
            "release": "1.31.0",
            "domain": "a.local",
            "service_networks": ["10.96.0.0/12"],
        },
    ),
    "kops with kube-dns": ("a.yaml", f"{KOPS}  kubeDNS: {{provider: KubeDNS}}\n", {"configurator": "kops", "name": "a.example", "coredns": False}),
    "kubespray without DNS": (
        "a.yml",
        "kube_proxy_mode: ipvs\ndns_mode: none\n",
        {"configurator": "kubespray", "coredns": False},
    ),
    "kubespray with CoreDNS": (
        "a.yml",
        "kube_proxy_mode: ipvs\ndns_mode: coredns\n",
        {"configurator": "kubespray", "coredns": True},
    ),
    "kubespray with a variable": (
        "a.yml",
        "kube_pods_subnet: 10.233.64.0/18\ndns_mode: '{{ mode }}'\n",
        {"configurator": "kubespray", "pod_networks": ["10.233.64.0/18"]},
    ),
    "a control plane of Cluster API": (
        "a.yaml",
        f"{CONTROL_PLANE}  version: v1.32.1\n  kubeadmConfigSpec:\n    clusterConfiguration:\n      networking: {{dnsDomain: a.local}}\n",
        {"configurator": "Cluster API", "elsewhere": True, "release": "1.32.1", "domain": "a.local"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_said_of_the_cluster(name: str) -> None:
    path, text, expected = SETTINGS[name]
    assert settings(text, path) == expected


LEFT = {
    "another Cluster": "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec: {kubeProxy: {proxyMode: ipvs}}\n",
    "another Cluster of Rancher": f"{RANCHER}  rkeConfig: {{machineGlobalConfig: {{cni: calico}}}}\n",
    "arguments of another type": f"{K3D}options: {{k3s: {{extraArgs: {{arg: --disable-kube-proxy}}}}}}\n",
    "operations of others": f"{CAPI}TalosControlPlane\nspec: {{controlPlaneConfig: {{controlplane: {{configPatches: [{{op: add, path: /a, value: 1}}, a]}}}}}}\n",
    "a deep path": f"{CAPI}TalosControlPlane\nspec: {{controlPlaneConfig: {{controlplane: {{configPatches: [{{op: add, path: {'/cluster' * 5_000}, value: 1}}]}}}}}}\n",
    "minikube without a cluster": '{"KubernetesConfig": [], "DNSDomain": "a.local"}\n',
    "another kind of kops": "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nspec: {kubeProxy: {proxyMode: ipvs}}\n",
    "nothing of this": f"{KOPS}  kubeProxy:\n    logLevel: 2\n",
    "nothing but a name": f"{SHOOT}  region: a\n",
    "values of a chart": "cluster:\n  proxy:\n    mode: ipvs\n  replicas: 3\n",
    "values of another chart": "cluster:\n  proxy:\n    mode: ipvs\n    port: 80\n",
    "values with a cluster in them": "cluster:\n  proxy: {mode: ipvs}\nimage: a\n",
    "a patch that is none of Talos": "machine: {}\nproxy: {mode: ipvs}\n",
    "one network": "cluster-cidr: 10.42.0.0/16\n",
    "k3s with another type": "kube-proxy-arg: {proxy-mode: [[ipvs]]}\n",
    "a configuration that flags do not change": "kube-proxy-arg: [config=/kp.yaml, proxy-mode=ipvs]\n",
    "variables of others": "my_kube_proxy_mode: ipvs\n",
    "null": "cluster:\n  proxy:\n    mode:\n",
    "another addon": f"{EKSCTL}addons:\n- name: vpc-cni\n  configurationValues: 'mode: ipvs'\n- kube-proxy\n- name: kube-proxy\n",
    "values that are no mapping": f"{EKSCTL}addons:\n- name: kube-proxy\n  configurationValues: '[mode]'\n",
    "a text that is no YAML": f"{KIND}kubeadmConfigPatches:\n- |\n  kind: KubeProxyConfiguration\n  mode: [\n",
    "null where something counts": "kubeDNSOverrides:\nvnetDNSOverrides: ~\n",
    "a list where a word counts": "cluster:\n  proxy: {disabled: [true]}\n  coreDNS: {disabled: a}\n",
    "a document of others": f"{KIND}kubeadmConfigPatches: ['{{apiVersion: a/v1, kind: KubeProxyConfiguration, mode: ipvs}}']\n",
    "a patch of one node in JSON": "talosVersion: a\nnodes: [{patches: [{op: add, path: /cluster/proxy/mode, value: ipvs}]}]\n",
    "a patch of others": "talosVersion: a\nnodes: []\npatches:\n- |-\n  kind: A\n  cluster: {proxy: {mode: ipvs}}\n",
    "nodes of others": "nodes: []\ndomain: a.example\nmyDNSOverrides: {}\n",
    "a release without nodes": "talosVersion: a\ndomain: a.example\n",
    "an object": "kind: A\nkube-proxy-arg: proxy-mode=ipvs\n",
    "a schema": "kind: CustomResourceDefinition\nspec: {group: kops.k8s.io/}\nkube-proxy-arg: proxy-mode=ipvs\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left(name: str) -> None:
    assert documents(LEFT[name]) == []
