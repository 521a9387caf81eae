"""Kubernetes objects, the YAML nodes that they were read from, and which of them are the DNS of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.inputs.configurators.settings import ClusterSettings as ClusterSettings
    from kpl.inputs.corefile.placeholders import template_placeholder as template_placeholder
    from kpl.inputs.network.calico import CalicoSettings as CalicoSettings
    from kpl.inputs.network.cilium import CiliumSettings as CiliumSettings
    from kpl.inputs.network.cni import FlannelSettings as FlannelSettings
    from kpl.inputs.network.metallb import MetallbSettings as MetallbSettings
    from kpl.inputs.objects.availability import Autoscaler as Autoscaler
    from kpl.inputs.objects.availability import DisruptionBudget as DisruptionBudget
    from kpl.inputs.objects.endpointslices import EndpointSlice as EndpointSlice
    from kpl.inputs.objects.jvmoptions import JvmOptions as JvmOptions
    from kpl.inputs.objects.kubeadm import KubeadmCluster as KubeadmCluster
    from kpl.inputs.objects.kubeadm import KubeadmNode as KubeadmNode
    from kpl.inputs.objects.kubedns import KubeDnsConfig as KubeDnsConfig
    from kpl.inputs.objects.kubelet import KubeletConfig as KubeletConfig
    from kpl.inputs.objects.monitoring import MetricRules as MetricRules
    from kpl.inputs.objects.monitoring import Monitor as Monitor
    from kpl.inputs.objects.namespaces import NamespaceObject as NamespaceObject
    from kpl.inputs.objects.networkpolicies import NetworkPolicy as NetworkPolicy
    from kpl.inputs.objects.networkpolicies import OtherPolicy as OtherPolicy
    from kpl.inputs.objects.networkpolicies import PolicyPeer as PolicyPeer
    from kpl.inputs.objects.networkpolicies import PolicyRule as PolicyRule
    from kpl.inputs.objects.nodes import NodeObject as NodeObject
    from kpl.inputs.objects.rbac import AccessBinding as AccessBinding
    from kpl.inputs.objects.rbac import AccessRole as AccessRole
    from kpl.inputs.objects.routes import Backend as Backend
    from kpl.inputs.objects.routes import Route as Route
    from kpl.inputs.objects.servicecidrs import ServiceCidr as ServiceCidr
    from kpl.inputs.objects.services import Service as Service
    from kpl.inputs.objects.workloads import Workload as Workload
    from kpl.inputs.yaml.tree import Mapping as Mapping
    from kpl.inputs.yaml.tree import Scalar as Scalar
    from kpl.inputs.yaml.tree import Sequence as Sequence
    from kpl.policy.model import Decision as Decision
    from kpl.policy.model import PolicyPod as PolicyPod
    from kpl.policy.model import Verdict as Verdict
    from kpl.proxy.services.clusterdns import cluster_dns_ports as cluster_dns_ports
    from kpl.proxy.services.clusterdns import is_cluster_dns as is_cluster_dns
    from kpl.proxy.services.clusterdns import is_cluster_dns_service as is_cluster_dns_service
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.inputs.objects.availability": "Autoscaler DisruptionBudget",
            "kpl.inputs.objects.jvmoptions": "JvmOptions",
            "kpl.inputs.objects.kubedns": "KubeDnsConfig",
            "kpl.inputs.objects.kubelet": "KubeletConfig",
            "kpl.inputs.configurators.settings": "ClusterSettings",
            "kpl.inputs.network.calico": "CalicoSettings",
            "kpl.inputs.network.cni": "FlannelSettings",
            "kpl.inputs.network.metallb": "MetallbSettings",
            "kpl.inputs.network.cilium": "CiliumSettings",
            "kpl.inputs.objects.kubeadm": "KubeadmCluster KubeadmNode",
            "kpl.inputs.objects.monitoring": "MetricRules Monitor",
            "kpl.inputs.objects.namespaces": "NamespaceObject",
            "kpl.inputs.objects.networkpolicies": "NetworkPolicy OtherPolicy PolicyPeer PolicyRule",
            "kpl.inputs.objects.nodes": "NodeObject",
            "kpl.inputs.objects.workloads": "Workload",
            "kpl.inputs.corefile.placeholders": "template_placeholder",
            "kpl.inputs.objects.endpointslices": "EndpointSlice",
            "kpl.inputs.objects.rbac": "AccessBinding AccessRole",
            "kpl.inputs.objects.routes": "Backend Route",
            "kpl.inputs.objects.servicecidrs": "ServiceCidr",
            "kpl.inputs.objects.services": "Service",
            "kpl.inputs.yaml.tree": "Mapping Scalar Sequence",
            "kpl.policy.model": "Decision PolicyPod Verdict",
            "kpl.proxy.services.clusterdns": "cluster_dns_ports is_cluster_dns is_cluster_dns_service",
        },
    )
