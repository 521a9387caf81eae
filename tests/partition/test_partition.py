"""Which cluster each file of a run belongs to, and what rules make of it."""

from __future__ import annotations

import json
from typing import Any

from kpl.clusters.partition import MOST_SHARED, Named, partition
from kpl.facts import Facts
from kpl.lint.settings import Settings
from kpl.text.version import Version
from kpl_rules.dataplane.node_lags_behind import _A, _B, _C, _D, _node
from support import readings, run

OLD, NEW = "1.11.3", "1.14.7"


def coredns(release: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: coredns, namespace: kube-system}\nspec:\n  template:\n"
        f"    spec:\n      containers:\n      - {{name: coredns, image: 'coredns/coredns:{release}'}}\n"
    )


def corefile(*lines: str) -> str:
    return ". {\n    errors\n" + "".join(f"    {line}\n" for line in lines) + "    forward . 192.0.2.1\n}\n"


def services(count: int, network: str = "10.96") -> str:
    items = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"s{number}", "namespace": "n"},
            "spec": {"clusterIP": f"{network}.{number // 250}.{number % 250 + 1}", "ports": [{"port": 80}]},
        }
        for number in range(count)
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def parts(files: dict[str, str], *named: Named, facts: Facts | None = None, **more: Any) -> dict[str, list[str]]:
    """The files of each cluster by its name."""
    found = partition(readings(files), facts or Facts(), named, **more)
    return {each.name: [reading.source.path for reading in each.readings] for each in found.clusters}


def codes(files: dict[str, str], code: str) -> list[tuple[str, str]]:
    return [(each.path, each.message) for each in run(files).findings if each.code == code]


def test_files_that_contradict_nobody_are_one_cluster() -> None:
    assert parts({"a/Corefile": corefile(), "b/d.yaml": coredns(NEW)}) == {"": ["a/Corefile", "b/d.yaml"]}
    assert parts({}) == {"": []}


def test_folders_that_nobody_deploys_are_in_no_cluster_with_files_outside_of_them() -> None:
    files = {"a/Corefile": corefile(), "b/.archive/c/d.yaml": coredns(NEW), "b/.archive/e.yaml": services(1)}
    assert parts(files) == {"the rest": ["a/Corefile"], ".archive": ["b/.archive/c/d.yaml", "b/.archive/e.yaml"]}
    for folder in ("archive", "_archive", "Archived", ".archived"):
        files = {"Corefile": corefile(), f"{folder}/a/d.yaml": coredns(NEW)}
        assert parts(files) == {"the rest": ["Corefile"], folder: [f"{folder}/a/d.yaml"]}
        assert parts({f"{folder}/a/d.yaml": coredns(NEW), f"{folder}/Corefile": corefile()}).keys() == {""}
    # the outermost one counts
    assert parts({"archive/.archive/d.yaml": coredns(NEW), "archive/Corefile": corefile()}).keys() == {""}
    for folder in ("archives", "old-archive", "test", "testdata"):
        assert parts({"Corefile": corefile(), f"{folder}/d.yaml": coredns(NEW)}).keys() == {""}


def test_each_folder_that_nobody_deploys_is_parted_further() -> None:
    archive = {"archive/a/d.yaml": coredns(OLD), "archive/b/d.yaml": coredns(NEW)}
    assert parts({"Corefile": corefile(), **archive}).keys() == {"the rest", "a", "b"}
    assert parts({"Corefile": corefile(), **archive}, Named("all", ["**"], "", Facts())).keys() == {"all"}


def test_what_a_cluster_has_once_parts_the_folders() -> None:
    kube_proxy = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {}\n"
    for one, other in (
        (coredns(OLD), coredns(NEW)),
        (corefile("kubernetes cluster.local"), corefile("log", "kubernetes cluster.local")),
        (kube_proxy.format("ipvs"), kube_proxy.format("nftables")),
        (services(5), services(5, "10.43")),
    ):
        assert parts(
            {"a/x.yaml" if "kind" in one else "a/Corefile": one, "b/x.yaml" if "kind" in one else "b/Corefile": other}
        ).keys() == {"a", "b"}
    # a DNS server of its own says nothing of the cluster, nor does what Windows nodes read
    assert parts({"a/Corefile": corefile(), "b/Corefile": corefile("log")}).keys() == {""}
    assert parts({"a/x.yaml": kube_proxy.format("ipvs"), "b/x.yaml": kube_proxy.format("kernelspace")}).keys() == {""}


def test_kubeadm_and_the_kubelet_tell_of_a_cluster() -> None:
    kubeadm = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.{}\n"
    kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [{}]\n"
    assert parts({"a/k.yaml": kubeadm.format("35.1"), "b/k.yaml": kubeadm.format("36.0")}).keys() == {"a", "b"}
    assert parts({"a/k.yaml": kubelet.format("10.96.0.10"), "b/k.yaml": kubelet.format("10.43.0.10")}).keys() == {
        "a",
        "b",
    }
    assert parts({"a/k.yaml": kubelet.format("169.254.20.10"), "b/k.yaml": kubelet.format("169.254.20.10")}).keys() == {
        ""
    }
    assert parts({"a/k.yaml": kubelet.format("")}).keys() == {""}
    proxy = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\nclusterCIDR: 10.0.0.0/8\n"
    assert codes({"p.yaml": proxy, "k.yaml": kubeadm.format("36.0")}, "KPL302") == []
    ((_, message),) = codes({"p.yaml": proxy, "k.yaml": kubeadm.format("30.2")}, "KPL302")
    assert message.endswith("so kube-proxy 1.30.2 does not start")


def test_files_that_no_cluster_has_are_of_all() -> None:
    files = {"a/d.yaml": coredns(OLD), "b/d.yaml": coredns(NEW), "base/Corefile": corefile()}
    assert parts(files) == {"a": ["a/d.yaml", "base/Corefile"], "b": ["b/d.yaml", "base/Corefile"]}
    many = {f"c{number}/d.yaml": coredns(f"1.{number}.0") for number in range(MOST_SHARED + 1)}
    assert parts({**many, "base/Corefile": corefile()})["the rest"] == ["base/Corefile"]


def test_the_services_of_two_clusters_are_not_added_up() -> None:
    proxy = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
    one = {"a/p.yaml": f"{proxy}clusterCIDR: 10.0.0.0/16\n", "a/s.json": services(600)}
    other = {"b/p.yaml": f"{proxy}clusterCIDR: 10.1.0.0/16\n", "b/s.json": services(600, "10.43")}
    assert codes({**one, **other}, "KPL301") == []
    assert [path for path, _ in codes({**one, "a/more.json": services(1200)}, "KPL301")] == ["a/p.yaml"]


def test_what_one_cluster_has_does_not_silence_another_one() -> None:
    with_it = corefile("kubernetes cluster.local {\n        pods verified\n    }", "autopath @kubernetes")
    without = corefile("kubernetes cluster.local", "cache 30")
    alone = [message for _, message in codes({"b/Corefile": without}, "KPL207")]
    assert [
        message
        for path, message in codes({"a/Corefile": with_it, "b/Corefile": without}, "KPL207")
        if path == "b/Corefile"
    ] == alone


def test_what_holds_in_some_clusters_only_names_them() -> None:
    base = corefile("kubernetes cluster.local", "forward a.example 192.0.2.1 {\n        failover SERVFAIL\n    }")
    files = {"a/d.yaml": coredns(OLD), "b/d.yaml": coredns(NEW), "c/d.yaml": coredns("1.10.1"), "base/Corefile": base}
    found = [each for each in run(files).findings if each.code == "KPL010"]
    assert [each.clusters for each in found] == [("a", "c")]
    assert "CoreDNS 1.11.3" in found[0].message
    assert found[0].message.endswith("(in a; also in c)")
    # what holds in all of them is told once
    broken = run({**files, "base/Corefile": ". {\n    loop x\n}\n"}).findings
    found = [each for each in broken if each.code == "KPL010"]
    assert [each.clusters for each in found] == [()]
    assert found[0].message.endswith(" (in a; also in b and c)")
    ends = run({**files, "base/Corefile": "}\n"}).findings
    assert [each.clusters for each in ends if each.path == "base/Corefile"] == [()]


def test_a_suppression_silences_in_each_cluster() -> None:
    base = corefile("# kpl: ignore[KPL010]", "forward a.example 192.0.2.1 {\n        failover SERVFAIL\n    }")
    files = {
        "a/d.yaml": coredns(OLD),
        "b/d.yaml": coredns("1.10.1"),
        "base/Corefile": f"# kpl: ignore-file[KPL010]\n{base}",
    }
    result = run(files)
    assert [each.code for each in result.findings if each.path == "base/Corefile" and each.code == "KPL010"] == []


def test_the_configuration_comes_first() -> None:
    files = {"a/d.yaml": coredns(OLD), "b/d.yaml": coredns(NEW), "base/Corefile": corefile()}
    east = Named("east", ["a/**", "b/**"], ".", Facts(coredns=Version("1.12.0")))
    west = Named("west", ["b/**"], ".", Facts())
    assert parts(files, east, west) == {
        "east": ["a/d.yaml", "b/d.yaml", "base/Corefile"],
        "west": ["b/d.yaml", "base/Corefile"],
    }
    settings = Settings(clusters=[east])
    found = partition(readings(files), settings.facts, settings.clusters)
    assert [(each.name, each.facts.coredns) for each in found.clusters] == [("east", Version("1.12.0"))]


def test_releases_that_contradict_each_other_are_told() -> None:
    files = {"a/d.yaml": coredns(OLD), "a/e.yaml": coredns(NEW)}
    assert partition(readings(files), Facts()).notes == [
        (
            "there are 2 CoreDNS releases, 1.11.3 and 1.14.7, so kpl uses none of them; set `--coredns-version`, or `clusters:` "
            "in .kpl.yaml"
        )
    ]
    assert partition(readings(files), Facts(coredns=Version(NEW))).notes == []
    assert partition(readings({"a/d.yaml": coredns(OLD), "b/e.yaml": coredns(NEW)}), Facts()).notes == []


def test_dumps_of_another_cluster_are_put_apart() -> None:
    one = {f"{number}.iptables": _node(_A, _B) for number in range(3)}
    assert parts(one).keys() == {""}
    other = {"x.iptables": _node(_C, _D)}
    assert parts({**one, **other}) == {"the rest": list(one), "x.iptables": ["x.iptables"]}
    # in folders of their own they part these
    assert parts({"a/1.iptables": _node(_A, _B), "b/1.iptables": _node(_C, _D)}).keys() == {"a", "b"}
    # one with no Service at all is anybody's
    assert parts({**one, "empty.iptables": "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n"}).keys() == {""}


def test_the_dumps_of_one_node_stay_together() -> None:
    left = {"node-1-legacy.iptables": _node(_C, _D)}
    own = {"node-1.iptables": _node(_A, _B), "node-2.iptables": _node(_A, _B)}
    assert parts({**own, **left}).keys() == {""}
    assert parts({**left, **own}).keys() == {""}
    # of a node of its own; the same command twice
    other = {"node-3.iptables": _node(_C, _D), "node-3-legacy.iptables": _node(_D)}
    assert parts({**own, **other}) == {"the rest": list(own), "node-3.iptables": list(other)}
    assert len(parts({**own, "node-1-save.iptables": _node(_C, _D)})) == 2


def test_dumps_of_another_cluster_than_the_manifests_are_put_apart() -> None:
    spec = {"clusterIP": "10.96.1.1", "ports": [{"port": 80}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "shop"}, "spec": spec}
    files = {"s.json": json.dumps(service), "own.iptables": _node(_A, _B)}
    assert parts(files) == {"": ["s.json", "own.iptables"]}
    # however many there are: the manifests decide which cluster this is
    other = {f"{number}.iptables": _node(_C, _D) for number in range(2)}
    assert parts({**files, **other}) == {"the rest": ["s.json", "own.iptables"], "0.iptables": list(other)}
    assert parts({"s.json": json.dumps(service), **other}) == {"the rest": ["s.json"], "0.iptables": list(other)}
