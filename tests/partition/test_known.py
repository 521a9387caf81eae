"""What is known of a cluster, and where it comes from."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.clusters.known import known_facts
from kpl.clusters.partition import Named, partition
from kpl.clusters.variables import with_variables
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.facts import COMMAND_LINE, Facts, Origin
from kpl.proxy.releases import BETA_KUBERNETES, NEWEST_KUBERNETES
from kpl.text.version import Version
from support import readings

NEWEST_DNS = (NEWEST_COREDNS.full, "default: the newest release that kpl knows")
NEWEST_KUBE = (str(NEWEST_KUBERNETES), NEWEST_DNS[1])


def known(files: dict[str, str], facts: Facts | None = None) -> dict[str, tuple[str, str]]:
    """Value and origin of each fact."""
    documents = [document for reading in readings(files) for document in reading.documents]
    return {each.name: (each.value, str(each.origin)) for each in known_facts(Cluster(documents, facts or Facts()))}


def pod(*images: str) -> str:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}
    )


def slices(count: int) -> str:
    endpoints = [{"addresses": [f"10.1.0.{number}"]} for number in range(count)]
    head = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "s"},
        "addressType": "IPv4",
    }
    return json.dumps({**head, "endpoints": endpoints})


def service(name: str, address: str, namespace: str = "kube-system") -> str:
    metadata = {"name": name, "namespace": namespace}
    spec = {"clusterIP": address, "ports": [{"port": 53}]}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}, indent=1)


def kubeadm(version: str) -> str:
    return f"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {version}\n"


def test_of_nothing_the_defaults_are_known() -> None:
    assert known({}) == {
        "CoreDNS release": NEWEST_DNS,
        "Kubernetes release": NEWEST_KUBE,
        "cluster domain": ("cluster.local", "default"),
    }


@pytest.mark.parametrize(
    ("files", "coredns", "kubernetes"),
    [
        ({"a.json": pod("coredns/coredns:1.12.1")}, ("1.12.1", "a.json:1"), NEWEST_KUBE),
        ({"a.json": pod("kube-proxy-amd64:v1.30.2")}, NEWEST_DNS, ("1.30.2", "a.json:1")),
        ({"a.yaml": kubeadm("v1.31.0")}, NEWEST_DNS, ("1.31.0", "a.yaml:3")),
        # what runs counts before what kubeadm installs
        ({"a.yaml": kubeadm("v1.31.0"), "b.json": pod("x/kube-proxy:v1.30.2")}, NEWEST_DNS, ("1.30.2", "b.json:1")),
        ({"a.yaml": kubeadm(f"v{BETA_KUBERNETES.minor}.0")}, NEWEST_DNS, (str(BETA_KUBERNETES), "a.yaml:3")),
        (
            {"a.json": pod("coredns:1.12.1", "coredns:1.11.3", "coredns:1.12.1")},
            (NEWEST_COREDNS.full, "default, because the files contradict each other: 1.11.3, 1.12.1"),
            NEWEST_KUBE,
        ),
    ],
)  # fmt: skip
def test_releases(files: dict[str, str], coredns: tuple[str, str], kubernetes: tuple[str, str]) -> None:
    found = known(files)
    assert (found["CoreDNS release"], found["Kubernetes release"]) == (coredns, kubernetes)


def test_what_is_told_comes_first() -> None:
    facts = Facts().told({"coredns": Version("1.11.3"), "kubernetes": BETA_KUBERNETES}, COMMAND_LINE)
    facts = facts.told({"cluster_domain": "corp.example.", "services": 3, "node_local_dns": False}, Origin("x.yaml", 2))
    facts = facts.told(
        {"nodes": 5, "environment": {}, "external_plugins": frozenset({"b", "a"}), "ndots": 0}, COMMAND_LINE
    )
    files = {"a.json": pod("coredns:1.12.1"), "s.json": service("a", "10.96.0.1"), "e.json": slices(2)}
    assert known(files, facts) == {
        "CoreDNS release": ("1.11.3", "command line"),
        "Kubernetes release": (str(BETA_KUBERNETES), "command line"),
        "cluster domain": ("corp.example", "x.yaml:2"),
        "services": ("3", "x.yaml:2"),
        "endpoints": ("2", "counted in e.json"),
        "NodeLocal DNSCache": ("no", "x.yaml:2"),
        "nodes": ("5", "command line"),
        "ndots": ("0", "command line"),
        "external plugins": ("a, b", "command line"),
        "CoreDNS variables": ("none", "command line"),
    }
    assert known({}, Facts(node_local_dns=True, kernel=Version("6.1")))["NodeLocal DNSCache"] == ("yes", "default")
    assert known({}, Facts(kernel=Version("6.1")))["oldest kernel"] == ("6.1", "default")


NODE_LOCAL = "cluster.local:53 {\n    bind 169.254.20.10\n    cache {\n        success 9984 30\n    }\n    forward . __PILLAR__CLUSTER__DNS__ {\n        force_tcp\n    }\n}\n"
CORE = ".:53 {\n    errors\n    kubernetes cluster.local\n    forward . 192.0.2.1\n}\n"


def test_cluster_dns_and_what_is_counted() -> None:
    files = {
        "x.json": service("other", "10.96.0.1"),
        "dns.json": service("kube-dns", "10.96.0.10"),
        "more.json": service("kube-dns", "10.96.0.11"),
        "own/Corefile": "a.org {\n    whoami\n}\n",
        "core/Corefile": "\n# the cluster's\n" + CORE,
        "zz/Corefile": CORE,
        "e.json": slices(1200),
    }
    found = known(files)
    assert found["address of cluster DNS"] == ("10.96.0.10", "dns.json:5")
    assert found["Corefile of cluster DNS"] == ("Corefile", "core/Corefile:2")
    assert found["services"] == ("3", "counted in x.json and 2 more files")
    assert found["endpoints"] == ("1,200", "counted in e.json")
    assert "NodeLocal DNSCache" not in found
    two = {name: files[name] for name in ("x.json", "dns.json")}
    assert known(two)["services"] == ("2", "counted in x.json and 1 more file")
    held = {
        "cm.yaml": "kind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata:\n  Corefile: |\n"
        + CORE.replace(".:53", "    .:53").replace("\n ", "\n     ").replace("\n}", "\n    }")
    }
    assert known(held)["Corefile of cluster DNS"] == ("coredns", "cm.yaml:5")


def test_node_local_dns_cache() -> None:
    text = "kind: ConfigMap\nmetadata: {name: node-local-dns, namespace: kube-system}\ndata:\n  Corefile: |\n"
    text += "".join(f"    {line}\n" for line in NODE_LOCAL.splitlines())
    assert known({"a.yaml": text})["NodeLocal DNSCache"] == ("yes", "a.yaml:5")


KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDomain: {}\n"


def test_what_files_say_of_dns_has_its_place() -> None:
    kops = (
        "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nspec:\n  kubeDNS:\n    nodeLocalDNS:\n      enabled: false\n"
    )
    found = known({"a.yaml": KUBELET.format("corp.local"), "b.yaml": kops})
    assert found["cluster domain"] == ("corp.local", "a.yaml:3")
    assert found["NodeLocal DNSCache"] == ("no", "b.yaml:6")
    found = known({"a.yaml": KUBELET.format("b.local"), "b.yaml": KUBELET.format("a.local")})
    assert found["cluster domain"] == (
        "cluster.local",
        "default, because the files contradict each other: a.local, b.local",
    )
    text = "talosVersion: v1.9.0\nnodes: []\npatches:\n- |-\n  cluster:\n    network:\n      dnsDomain: corp.local\n"
    assert known({"talconfig.yaml": text})["cluster domain"] == ("corp.local", "talconfig.yaml:7")


def flux(**substitute: Any) -> str:
    return json.dumps(
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "x", "namespace": "f"},
            "spec": {"path": "./a", "postBuild": {"substitute": substitute}},
        }
    )


@pytest.mark.parametrize(
    ("image", "variables", "expected"),
    [
        ("coredns:${v}", [{"v": "1.12.1"}], ("1.12.1", None)),
        ("coredns:${v:-1.9.0}", [{"v": "1.12.1"}], ("1.12.1", None)),
        ("coredns:${v:=1.9.0}", [{"v": "1.12.1"}, {"v": "1.12.1"}], ("1.12.1", None)),
        ("kube-proxy:v${v}", [{"v": "1.33.1"}], (None, "1.33.1")),
        ("${registry}/coredns:${v}", [{"registry": "r", "v": "1.12.1"}], (None, None)),
        ("coredns:${v}", [{"v": "1.12.1"}, {"v": "1.12.2"}], (None, None)),
        ("coredns:${v}", [{"w": "1.12.1"}], (None, None)),
        ("coredns:${v}", [{"v": "latest"}], (None, None)),
        ("coredns:${v}", [], (None, None)),
        ("nginx:${v}", [{"v": "1.12.1"}], (None, None)),
        ("coredns:1.12.${v:?needed}", [{"v": "1"}], (None, None)),
    ],
)
def test_releases_of_variables(
    image: str, variables: list[dict[str, str]], expected: tuple[str | None, str | None]
) -> None:
    files = {f"f{number}.json": flux(**each) for number, each in enumerate(variables)} | {"pod.json": pod(image)}
    facts = with_variables(Facts(), readings(files))
    assert (facts.coredns and str(facts.coredns), facts.kubernetes and str(facts.kubernetes)) == expected
    told = {name: str(origin) for name, origin in facts.origins.items()}
    assert told == {name: "f0.json:1" for name, value in zip(("coredns", "kubernetes"), expected, strict=True) if value}
    # what is told already stays
    given = Facts(coredns=Version("1.8.0"), kubernetes=Version("1.20"))
    assert with_variables(given, readings(files)) == given


def coredns(release: str) -> str:
    return pod(f"coredns/coredns:{release}")


def clusters(files: dict[str, str], *named: Named, **more: Any) -> list[tuple[str, str, list[str]]]:
    found = partition(readings(files), Facts(nodes=1), named, **more).clusters
    return [(each.name, str(each.facts.nodes), [reading.source.path for reading in each.readings]) for each in found]


def test_the_nearest_configuration_counts() -> None:
    files = {
        name: coredns("1.12.1")
        for name in ("run/a.json", "run/in/b.json", "run/in/deep/c.json", "run/inner/d.json", "e.json")
    }
    inner, deep = os.path.abspath("run/in"), os.path.abspath("run/in/deep")
    nested = {inner: Facts(nodes=2), deep: Facts(nodes=3)}
    assert clusters(files, nested=nested) == [
        ("the rest", "1", ["run/a.json", "run/inner/d.json", "e.json"]),
        ("in", "2", ["run/in/b.json"]),
        ("deep", "3", ["run/in/deep/c.json"]),
    ]
    # what lies outside of the home of the run's own configuration is of another cluster
    assert clusters(files, nested=nested, home=os.path.abspath("run")) == [
        ("the rest", "1", ["run/a.json", "run/inner/d.json"]),
        ("in", "2", ["run/in/b.json"]),
        ("deep", "3", ["run/in/deep/c.json"]),
        ("outside", "None", ["e.json"]),
    ]
    assert clusters({"run/in/b.json": coredns("1.12.1")}, nested=nested) == [("", "2", ["run/in/b.json"])]


def test_releases_that_contradict_each_other_are_listed() -> None:
    def notes(*releases: str, **more: Any) -> list[str]:
        files = {f"a{number}.json": coredns(each) for number, each in enumerate(releases)}
        return partition(readings(files), Facts(), **more).notes

    rest = ", so kpl uses none of them; set `--coredns-version`, or `clusters:` in .kpl.yaml"
    assert notes("1.9.0", "1.9.0") == []
    assert notes("1.10.0", "1.9.0") == [f"there are 2 CoreDNS releases, 1.9.0 and 1.10.0{rest}"]
    assert notes("1.10.0", "1.9.0", "1.8.0") == [f"there are 3 CoreDNS releases, 1.8.0, 1.9.0 and 1.10.0{rest}"]
    assert notes("1.10.0", "1.9.0", "1.8.0", "1.8.3") == [f"there are 4 CoreDNS releases, from 1.8.0 to 1.10.0{rest}"]
    named = [Named("east", ["a*"], ".", Facts())]
    assert notes("1.10.0", "1.9.0", named=named) == [f"east has 2 CoreDNS releases, 1.9.0 and 1.10.0{rest}"]
    kube_proxy = {"a.json": pod("kube-proxy:v1.30.0"), "b.json": pod("kube-proxy:v1.31.0")}
    (note,) = partition(readings(kube_proxy), Facts()).notes
    assert note.startswith("there are 2 Kubernetes releases, 1.30.0 and 1.31.0, ")
    assert "--kubernetes-version" in note


def test_a_configuration_names_all_clusters() -> None:
    files = {name: coredns("1.12.1") for name in ("a/x.json", "b/x.json", "c/x.json")}
    east, west = (Named(name, [f"{folder}/**"], ".", Facts(nodes=7)) for name, folder in (("east", "a"), ("west", "b")))
    assert clusters(files, east, west) == [
        ("east", "7", ["a/x.json", "c/x.json"]),
        ("west", "7", ["b/x.json", "c/x.json"]),
    ]
    # a cluster without files is none
    assert clusters({"a/x.json": coredns("1.12.1")}, east, west) == [("east", "7", ["a/x.json"])]
    assert clusters({}, east, west) == [("east", "7", [])]


def kustomization_of_flux(name: str, path: str) -> str:
    return flux().replace('"x"', json.dumps(name)).replace('"./a"', json.dumps(path))


def test_flux_tells_of_clusters_where_two_kustomizations_share_a_name() -> None:
    assert [
        name
        for name, _, _ in clusters(
            {"a/f.json": kustomization_of_flux("apps", "./a"), "b/f.json": kustomization_of_flux("apps", "./b")}
        )
    ] == ["a", "b"]
    assert [
        name
        for name, _, _ in clusters(
            {"a/f.json": kustomization_of_flux("apps", "./a"), "b/f.json": kustomization_of_flux("base", "./b")}
        )
    ] == [""]
    assert [
        name
        for name, _, _ in clusters(
            {"a/f.json": kustomization_of_flux("apps", "./a"), "b/f.json": kustomization_of_flux("apps", "./a")}
        )
    ] == [""]


def cilium(replaces: str, network: str = "10.0.0.0/8") -> str:
    data = {"kube-proxy-replacement": replaces, "cluster-pool-ipv4-cidr": network}
    return json.dumps({"kind": "ConfigMap", "metadata": {"name": "cilium-config"}, "data": data}, indent=1)


def calico(kind: str, spec: str, name: str = "default") -> str:
    return f"apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n"


def router(*args: str, image: str = "docker.io/cloudnativelabs/kube-router:v2.5.0") -> str:
    containers = [{"name": "c", "image": image, "args": args}]
    return json.dumps({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}, indent=1)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.yaml": cilium("true")}, ("Cilium", "a.yaml:7")),
        ({"a.yaml": cilium("strict")}, ("Cilium", "a.yaml:7")),
        ({"a.yaml": cilium("partial")}, None),
        ({"a.yaml": cilium("false")}, None),
        ({"a.yaml": cilium("true"), "b.yaml": cilium("false")}, None),
        ({"a.yaml": cilium("{{ .Values.replaces }}")}, None),
        ({"values.yaml": "image: {}\nkubeProxyReplacement: true\n"}, ("Cilium", "values.yaml:2")),
        ({"values.yaml": "cilium:\n  kubeProxyReplacement: 'false'\n"}, None),
        ({"a.yaml": calico("FelixConfiguration", "bpfEnabled: true")}, ("Calico", "a.yaml:5")),
        ({"a.yaml": calico("FelixConfiguration", "bpfEnabled: true", "node.a")}, None),
        (
            {"a.yaml": calico("FelixConfiguration", "bpfEnabled: true\n  bpfKubeProxyIptablesCleanupEnabled: false")},
            None,
        ),
        ({"a.yaml": router("--run-router=true", "--run-service-proxy=true")}, ("kube-router", "a.yaml:13")),
        ({"a.yaml": router("--run-service-proxy")}, ("kube-router", "a.yaml:12")),
        ({"a.yaml": router("--run-service-proxy=false")}, None),
        ({"a.yaml": router("--run-service-proxy={{ .Values.proxy }}")}, None),
        ({"a.yaml": router()}, None),
        ({"a.yaml": router("--run-service-proxy=true", image="kube-router-stats:1")}, None),
    ],
)
def test_a_program_that_does_the_work_of_kube_proxy_is_known(
    files: dict[str, str], found: tuple[str, str] | None
) -> None:
    assert known(files).get("service proxy") == found


def test_the_networks_of_pods_are_known() -> None:
    pool = calico("IPPool", "cidr: 10.244.0.0/16", "pods")
    listed = [
        (each.name, each.value, str(each.origin))
        for each in known_facts(
            Cluster(
                [
                    document
                    for reading in readings(
                        {
                            "a.yaml": cilium("true", "010.0.0.1/8"),
                            "b.yaml": pool,
                            "c.yaml": pool,
                            "d.yaml": calico("IPPool", "cidr: ${PODS}", "more"),
                        }
                    )
                    for document in reading.documents
                ],
                Facts(),
            )
        )
        if each.name == "pod network"
    ]
    assert listed == [("pod network", "10.0.0.0/8", "a.yaml:8"), ("pod network", "10.244.0.0/16", "b.yaml:5")]
