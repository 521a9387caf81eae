"""What `Cluster` knows for the rules about kube-proxy."""

from __future__ import annotations

from kpl.cluster import Cluster
from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.proxy.releases import NEWEST_KUBERNETES
from kpl.text.version import Version
from kpl_rules.dataplane._nft import NEW
from support import facts, readings

CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
KUBEADM = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {}\n---\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {}\n---\n"


def _cluster(files: dict[str, str], **known: object) -> Cluster:
    return Cluster([document for reading in readings(files) for document in reading.documents], facts(known))


def _dump(services: int) -> str:
    rules = [
        f'-A KUBE-SERVICES -d 10.96.0.{number}/32 -p tcp -m comment --comment "shop/app-{number}:{port} cluster IP" -j KUBE-SVC-{"A" * 16}'
        for number in range(1, services + 1)
        for port in ("http", "https")
    ]
    return "\n".join(["*nat", ":KUBE-SERVICES - [0:0]", *rules, "COMMIT", ""])


def _release(config: str, **known: object) -> Version:
    cluster = _cluster({"a.yaml": config}, **known)
    return cluster.kubernetes_version_for(next(model for _, model in cluster.of(KubeProxyConfig)))


def test_kubeadms_release_in_the_same_file() -> None:
    assert _release(KUBEADM.format("v1.22.4") + CONFIG) == Version("1.22.4")
    assert _release(KUBEADM.format('"1.22"') + CONFIG) == Version("1.22")
    assert _release(KUBEADM.format("stable-1") + CONFIG) == NEWEST_KUBERNETES
    assert _release(KUBEADM.format("v1.22.4") + KUBEADM.format("v1.23.0") + CONFIG) == NEWEST_KUBERNETES
    assert _release(KUBEADM.format("v1.22.4") + CONFIG, kubernetes="1.30") == Version("1.30")


def test_services_are_told_or_counted() -> None:
    files = {"a.yaml": SERVICE.format("a") + SERVICE.format("b")}
    assert _cluster(files).services == 2
    assert _cluster(files, services=7).services == 7
    assert _cluster({"a.yaml": CONFIG}).services is None


def test_services_that_all_dumps_hold() -> None:
    files = {
        "one.iptables": _dump(3),
        "two.iptables": _dump(5),
        "none.iptables": _dump(0),
        "a.yaml": SERVICE.format("a"),
    }
    assert _cluster(files).services == 3
    files["a.yaml"] = "".join(SERVICE.format(name) for name in "abcd")
    assert _cluster(files).services == 4


def test_feature_gates_of_a_configuration() -> None:
    for written, gates in (
        ("featureGates: {TopologyAwareHints: false, X: maybe, Y: true}\n", {"TopologyAwareHints": False, "Y": True}),
        ("featureGates: [a]\n", {}),
        ("", {}),
    ):
        ((_, config),) = _cluster({"a.yaml": CONFIG + written}).of(KubeProxyConfig)
        assert config.feature_gates == gates


def test_services_that_other_dumps_hold() -> None:
    assert _cluster({"node.nft": NEW}).services == 3
    assert _cluster({"node.nft": NEW, "one.iptables": _dump(2)}).services == 2
    assert _cluster({"ipvs.txt": IPVS}).services == 2


IPVS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.1:443 rr
  -> 192.0.2.10:6443              Masq    1      0          0
TCP  10.96.0.10:53 rr
  -> 10.244.0.3:53                Masq    1      0          0
UDP  10.96.0.10:53 rr
  -> 10.244.0.3:53                Masq    1      0          0
"""
