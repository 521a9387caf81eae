"""What `Cluster` knows: releases, what its files hold, the node, and what kube-proxy says."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from kpl.cluster.documents import Documents
from kpl.coredns.nodecache import node_cache
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.objects.workloads import Workload
from kpl.proxy.releases import BETA_KUBERNETES, NEWEST_KUBERNETES
from kpl.proxy.services.selection import NodeFacts
from kpl.text.edit import Edit
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


# --- releases


def workload(*images: str, kind: str = "Pod") -> str:
    containers = "".join(f"  - {{name: c{number}, image: '{image}'}}\n" for number, image in enumerate(images))
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: p}}\nspec:\n  containers:\n{containers}"


def configmap(text: str) -> str:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: coredns}}\ndata:\n  Corefile: |\n{lines}"


PROXY_IMAGE, DNS_IMAGE = "registry.k8s.io/kube-proxy:v", "registry.k8s.io/coredns/coredns:v"


@pytest.mark.parametrize(
    ("files", "known", "release", "is_known"),
    [
        ({}, {}, NEWEST_KUBERNETES, False),
        ({"a.yaml": workload(f"{PROXY_IMAGE}1.30.2")}, {}, "1.30.2", True),
        ({"a.yaml": workload(f"{PROXY_IMAGE}1.30.2")}, {"kubernetes": "1.28"}, "1.28", True),
        # two images tell nothing, and one of another program neither
        ({"a.yaml": workload(f"{PROXY_IMAGE}1.30.2", f"{PROXY_IMAGE}1.30.3")}, {}, NEWEST_KUBERNETES, False),
        ({"a.yaml": workload(f"{PROXY_IMAGE}1.30.2", f"{PROXY_IMAGE}1.30.2")}, {}, "1.30.2", True),
        ({"a.yaml": workload(f"{DNS_IMAGE}1.9.3")}, {}, NEWEST_KUBERNETES, False),
        # what runs counts more than what kubeadm would install
        ({"k.yaml": KUBEADM.format("v1.29.1")}, {}, "1.29.1", True),
        ({"k.yaml": KUBEADM.format("v1.29.1"), "a.yaml": workload(f"{PROXY_IMAGE}1.30.2")}, {}, "1.30.2", True),
        ({"k.yaml": KUBEADM.format("v1.29.1"), "l.yaml": KUBEADM.format("v1.29.2")}, {}, NEWEST_KUBERNETES, False),
        ({"a.yaml": workload(f"{PROXY_IMAGE}1.38.0")}, {}, BETA_KUBERNETES, True),
    ],
)
def test_the_release_of_kubernetes(
    files: dict[str, str], known: dict[str, object], release: object, is_known: bool
) -> None:
    cluster = _cluster(files, **known)
    assert str(cluster.kubernetes_version) == str(release)
    assert cluster.kubernetes_version_known is is_known


@pytest.mark.parametrize(
    ("images", "known", "release"),
    [
        ([], {}, NEWEST_COREDNS),
        ([f"{DNS_IMAGE}1.9.3"], {}, "1.9.3"),
        ([f"{DNS_IMAGE}1.9.3"], {"coredns": "1.8.0"}, "1.8"),
        ([f"{DNS_IMAGE}1.9.3", f"{DNS_IMAGE}1.9.4"], {}, NEWEST_COREDNS),
        ([f"{PROXY_IMAGE}1.30.2"], {}, NEWEST_COREDNS),
        (["coredns:1.9.3"], {}, "1.9.3"),
        (["notcoredns:1.9.3"], {}, NEWEST_COREDNS),
        (["coredns:1.9"], {}, NEWEST_COREDNS),
        (["coredns:1.9.3-eks"], {}, "1.9.3"),
    ],
)
def test_the_release_of_coredns(images: list[str], known: dict[str, object], release: object) -> None:
    cluster = _cluster({"a.yaml": workload("x", *images)}, **known)
    assert str(cluster.coredns_version) == str(release)


NODE_LOCAL = "cluster.local:53 {\n    bind 169.254.20.10\n    forward . __PILLAR__CLUSTER__DNS__\n}\n"
OWN = ". {\n    kubernetes cluster.local\n    forward . 9.9.9.9\n}\n"


@pytest.mark.parametrize(
    ("text", "known", "release"),
    [
        (OWN, {}, NEWEST_COREDNS),
        (OWN, {"coredns": "1.11.2"}, "1.11.1"),
        # before 1.7.0 no setup is known
        (OWN, {"coredns": "1.4.0"}, "1.7"),
        (NODE_LOCAL, {}, node_cache().coredns),
        (NODE_LOCAL, {"coredns": "1.9.3"}, "1.9.3"),
        (NODE_LOCAL, {"target": "coredns"}, NEWEST_COREDNS),
        (OWN, {"target": "node-local-dns"}, node_cache().coredns),
    ],
)
def test_the_release_that_judges_a_corefile(text: str, known: dict[str, object], release: object) -> None:
    cluster = _cluster({"Corefile": text}, **known)
    assert str(cluster.judged_coredns_version(cluster.documents[0])) == str(release)


@pytest.mark.parametrize(
    ("files", "known", "release"),
    [
        # an image in the same file counts before the others
        ({"a.yaml": ("1.3.1", OWN), "b.yaml": ("1.9.3", "")}, {}, "1.3.1"),
        ({"b.yaml": ("1.9.3", ""), "c/a.yaml": ("", OWN), "c/c.yaml": ("1.3.1", "")}, {}, "1.3.1"),
        ({"b/b.yaml": ("1.9.3", ""), "a.yaml": ("", OWN)}, {}, "1.9.3"),
        # several contradict each other in the same file, and in the folder
        ({"a.yaml": ("1.3.1", OWN), "b.yaml": ("1.9.3", "")}, {"coredns": "1.8.0"}, "1.8"),
        ({"a.yaml": ("", OWN), "b.yaml": ("1.9.3", ""), "c.yaml": ("1.9.4", "")}, {}, NEWEST_COREDNS),
        ({"a.yaml": ("1.3.1 1.3.0", OWN), "c/b.yaml": ("1.9.3", "")}, {}, NEWEST_COREDNS),
    ],
)
def test_the_release_near_a_corefile(
    files: dict[str, tuple[str, str]], known: dict[str, object], release: object
) -> None:
    written = {
        path: "\n---\n".join(
            [workload(*(DNS_IMAGE + tag for tag in tags.split()))] * bool(tags) + [configmap(text)] * bool(text)
        )
        for path, (tags, text) in files.items()
    }
    cluster = _cluster(written, **known)
    (document, model), *_ = cluster.corefiles
    assert str(cluster.coredns_version_for(model)) == str(release)
    assert cluster.judged_coredns_version(document) >= Version("1.7.0")


@pytest.mark.parametrize(
    ("files", "release"),
    [
        ({"a.yaml": f"{PROXY_IMAGE}1.30.2", "b.yaml": f"{PROXY_IMAGE}1.31.0"}, "1.30.2"),
        ({"a.yaml": "", "b.yaml": f"{PROXY_IMAGE}1.30.2", "c/c.yaml": f"{PROXY_IMAGE}1.31.0"}, "1.30.2"),
        ({"a.yaml": f"{PROXY_IMAGE}1.30.2 {PROXY_IMAGE}1.31.0", "c/c.yaml": f"{PROXY_IMAGE}1.29.0"}, NEWEST_KUBERNETES),
    ],
)
def test_the_release_near_a_configuration_of_kube_proxy(files: dict[str, str], release: object) -> None:
    written = {path: workload(*images.split()) for path, images in files.items() if images}
    written["a.yaml"] = CONFIG + (f"---\n{written['a.yaml']}" if "a.yaml" in written else "")
    cluster = _cluster(written)
    model = next(model for _, model in cluster.of(KubeProxyConfig))
    assert str(cluster.kubernetes_version_for(model)) == str(release)


def test_the_release_in_a_template_counts_for_its_file() -> None:
    written = workload("{{ .Values.registry }}/coredns:1.3.1") + "---\n" + configmap(OWN + "# {{ .Values.more }}\n")
    cluster = _cluster({"a.yaml": written, "b.yaml": workload("y", DNS_IMAGE + "1.9.3")})
    corefile = next(each for each in cluster.documents if each.kind == "Corefile")
    assert str(cluster.coredns_version_for(corefile.model)) == "1.3.1"


@pytest.mark.parametrize(
    ("files", "known", "there"),
    [
        ({"Corefile": OWN}, {}, False),
        ({"Corefile": OWN}, {"node_local_dns": True}, True),
        ({"Corefile": NODE_LOCAL}, {}, True),
        ({"Corefile": NODE_LOCAL}, {"node_local_dns": False}, False),
        ({"a.yaml": "enable_nodelocaldns: true\n"}, {}, True),
        ({"a.yaml": "enable_nodelocaldns: true\n"}, {"node_local_dns": False}, False),
        ({"a.yaml": "enable_nodelocaldns: true\n", "b.yaml": "enable_nodelocaldns: false\n"}, {}, False),
        ({"Corefile": NODE_LOCAL, "b/Corefile": OWN}, {}, True),
    ],
)
def test_whether_pods_ask_a_cache_on_their_node(files: dict[str, str], known: dict[str, object], there: bool) -> None:
    assert _cluster(files, **known).node_local_dns is there


# --- what is in it


def test_models_are_found_by_their_type_and_by_a_clue() -> None:
    cluster = _cluster({"a.yaml": workload("one"), "b.yaml": workload("two"), "Corefile": OWN, "n.iptables": _dump(1)})
    assert [document.path for document, _ in cluster.of(Workload)] == ["a.yaml", "b.yaml"]
    assert [document.path for document, _ in cluster.of(Workload, "image: 'two'")] == ["b.yaml"]
    assert [cluster.has(kind) for kind in ("Workload", "Corefile", "Dump", "Ruleset", "Service", "NftRuleset")] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert not _cluster({"Corefile": OWN}).has("Dump")
    assert [each.path for each in cluster.dumps] == ["n.iptables"]
    assert [document.path for document, _ in cluster.corefiles] == ["Corefile"]
    server = cluster.corefiles[0][1].servers[0]
    assert cluster.document_of(server) is cluster.document_of(cluster.corefiles[0][1]) is cluster.corefiles[0][0]


def test_a_corefile_that_does_not_parse_is_one() -> None:
    cluster = _cluster({"Corefile": "a {\n", "b/Corefile": OWN, "c.yaml": "kind: Service\na: [\n"})
    assert [each.path for each in Documents(cluster.documents).with_corefile] == ["Corefile", "b/Corefile"]


def test_what_is_promised_and_not_there_is_no_model() -> None:
    text = workload("a").replace("  containers:\n", "  others:\n    # containers:\n")
    assert list(_cluster({"a.yaml": text}).of(Workload)) == []


def test_the_domain_of_the_cluster_is_written_in_one_way() -> None:
    assert _cluster({}).cluster_domain == "cluster.local"
    assert _cluster({}, cluster_domain=".Corp.Local.").cluster_domain == "corp.local"


KUBEADM_NODE = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nnodeRegistration:\n  kubeletExtraArgs: {cluster-domain: %s}\n"
KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDomain: %s\n"
NETWORKING = KUBEADM.format("v1.30.1").replace("---", "networking: {dnsDomain: %s}")


@pytest.mark.parametrize(
    ("files", "known", "domain"),
    [
        ({"a.yaml": NETWORKING % "corp.local"}, {}, "corp.local"),
        ({"a.yaml": KUBELET % "Corp.Local."}, {}, "corp.local"),
        ({"a.yaml": KUBEADM_NODE % "corp.local"}, {}, "corp.local"),
        ({"a.yaml": "cluster:\n  network: {dnsDomain: corp.local}\n  proxy: {mode: ipvs}\n"}, {}, "corp.local"),
        ({"a.yaml": "cluster-domain: corp.local\ncluster-cidr: 10.42.0.0/16\n"}, {}, "corp.local"),
        ({"a.yaml": KUBELET % "corp.local", "b.yaml": NETWORKING % "corp.local"}, {}, "corp.local"),
        ({"a.yaml": KUBELET % "corp.local", "b.yaml": NETWORKING % "b.local"}, {}, "cluster.local"),
        ({"a.yaml": KUBELET % "corp.local"}, {"cluster_domain": "own.local"}, "own.local"),
        ({"a.yaml": KUBELET % "corp.local"}, {"cluster_domain": "cluster.local"}, "cluster.local"),
        # what fills it in later is not known, and what is no name is none
        ({"a.yaml": KUBELET % "${DOMAIN}", "b.yaml": NETWORKING % "corp.local"}, {}, "corp.local"),
        ({"a.yaml": KUBELET % "'{{ domain }}'", "b.yaml": NETWORKING % "[a]"}, {}, "cluster.local"),
        ({"a.yaml": KUBELET % "a_b.local"}, {}, "cluster.local"),
        ({"a.yaml": KUBELET % (("a" * 63 + ".") * 4)}, {}, "cluster.local"),
        # another cluster
        ({"a.yaml": "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nspec:\n  clusterNetwork: {serviceDomain: a.local}\n"}, {}, "cluster.local"),
    ],
)  # fmt: skip
def test_the_domain_that_files_set(files: dict[str, str], known: dict[str, object], domain: str) -> None:
    assert _cluster(files, **known).cluster_domain == domain


def node_object(name: str, zone: str) -> str:
    return f"apiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\n  labels: {{topology.kubernetes.io/zone: {zone}}}\n---\n"


@pytest.mark.parametrize(
    ("nodes", "known", "facts_"),
    [
        ("", {}, NodeFacts()),
        ("", {"node": "a"}, NodeFacts("a")),
        (node_object("a", "z1"), {}, NodeFacts("a", "z1")),
        (node_object("a", "z1") + node_object("b", "z2"), {}, NodeFacts()),
        (node_object("a", "z1") + node_object("b", "z2"), {"node": "b"}, NodeFacts("b", "z2")),
        (node_object("a", "z1"), {"node": "c"}, NodeFacts("c")),
    ],
)
def test_what_is_known_of_the_node(nodes: str, known: dict[str, object], facts_: NodeFacts) -> None:
    assert _cluster({"nodes.yaml": nodes or "kind: Service\n"}, **known).node == facts_


SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{port: 80}}]
endpoints:
{endpoints}---
"""


def test_endpoints_are_told_or_counted() -> None:
    two = SLICE.format(name="a", endpoints="- addresses: [10.1.0.1]\n- addresses: [10.1.0.2]\n")
    one = SLICE.format(name="b", endpoints="- addresses: [10.1.0.3]\n")
    assert _cluster({"a.yaml": two + one}).endpoints == 3
    assert _cluster({"a.yaml": two + one}, endpoints=0).endpoints == 0
    assert _cluster({"Corefile": OWN}).endpoints is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.override", "errors\nnope x\n", "x.override:2 - Error during parsing: Unknown directive 'nope'"),
        ("my.corefile", "lan {\n    nope x\n}\n", "Corefile:2 - Error during parsing: Unknown directive 'nope'"),
    ],
)
def test_coredns_names_the_file_as_it_is_mounted(name: str, text: str, said: str) -> None:
    cluster = _cluster({name: text})
    assert cluster.judgement(cluster.documents[0]).verdict.message == said


def test_the_gates_that_any_configuration_sets_are_thought_of() -> None:
    gates = "featureGates: {ProxyTerminatingEndpoints: false, NFTablesProxyMode: true}\n"
    cluster = _cluster({"a.yaml": CONFIG, "b.yaml": CONFIG + gates})
    assert cluster._dumps._gates_of_choice == [{}, {"ProxyTerminatingEndpoints": False}]


# --- what kube-proxy says


def test_the_verdict_of_kube_proxy_has_its_place_in_the_document() -> None:
    cluster = _cluster({"a.yaml": KUBEADM.format("v1.30.0") + CONFIG.replace("iptables", "ebpf"), "b.yaml": CONFIG})
    (first, _), (second, _) = cluster.of(KubeProxyConfig)
    verdict = cluster.proxy_verdict(first)
    assert verdict.span is not None
    assert first.embedding.text[slice(*verdict.span)] == "ebpf"
    assert cluster.proxy_verdict(second).span is None
    assert (verdict.answer, cluster.proxy_verdict(second).answer) == ("refuses", "loads")
    # what kube-proxy reads is the one document of several that kubeadm takes out
    assert cluster.program_text_of(second) == (CONFIG, 0)
    written, start = cluster.program_text_of(first)
    assert (written, start > 0) == (first.embedding.text[start : start + len(written)], True)
    assert "ClusterConfiguration" not in written


def test_fields_that_kube_proxy_drops_have_their_place() -> None:
    cluster = _cluster({"a.yaml": KUBEADM.format("v1.30.0") + CONFIG + "nonsense: 3\n", "b.yaml": CONFIG})
    (first, _), (second, _) = cluster.of(KubeProxyConfig)
    (dropped,) = cluster.dropped_fields(first)
    assert first.embedding.text[slice(*dropped.span)].startswith("nonsense")
    assert list(cluster.dropped_fields(second)) == []


def test_whether_kube_proxy_takes_a_change() -> None:
    cluster = _cluster({"a.yaml": KUBEADM.format("v1.28.0") + CONFIG})
    ((document, config),) = cluster.of(KubeProxyConfig)
    at = document.embedding.text.index("iptables")
    for mode, taken in (("ipvs", True), ("nftables", False), ("ebpf", False)):
        assert cluster.proxy_takes(config, [Edit(at, at + len("iptables"), mode)]) is taken
    # the edit lies in the document that kube-proxy reads, whatever stands before it
    assert cluster.judged_kubernetes_version(document) == Version("1.28")


def test_the_files_of_a_node_lie_beside_its_dump() -> None:
    files = {
        "one/n.iptables": _dump(1),
        "one/ipset.txt": "Name: KUBE-CLUSTER-IP\nType: hash:ip,port\nMembers:\n",
        "two/n.iptables": _dump(2),
        "two/m.iptables": _dump(2),
    }
    cluster = _cluster(files)
    dumps = {each.path: each for each in cluster.dumps}
    assert [each.path for each in cluster.of_node(dumps["one/n.iptables"])] == ["one/n.iptables", "one/ipset.txt"]
    assert [each.path for each in cluster.of_node(dumps["two/n.iptables"])] == ["two/n.iptables"]
