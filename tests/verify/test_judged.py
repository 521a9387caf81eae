"""Which configurations a file holds, and the verdict on each in the clusters of a run."""

from __future__ import annotations

from typing import Any

from kpl.cluster import Cluster
from kpl.facts import Facts
from kpl.text.version import Version
from kpl.verify.judged import InCluster, Judged, judge, judge_in
from support import held

HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
OTHER = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n"


def judged(text: str, name: str = "a.yaml", as_they_are: bool = False, **facts: Any) -> list[Judged]:
    return list(judge([held(name, text.encode())], Cluster(facts=Facts(**facts)), as_they_are=as_they_are))


def test_a_configuration_of_kube_proxy_is_judged_where_it_lies() -> None:
    text = f"{OTHER}{HEAD}mode: ebpf\n---\n{HEAD}mode: ipvs\n"
    refused, loads = judged(text, kubernetes=Version("1.36"))
    assert (refused.kind, refused.number, refused.verdict.answer) == ("kube-proxy", 0, "refuses")
    assert refused.span is not None
    assert text[slice(*refused.span)] == "ebpf"
    assert str(refused.version).startswith("1.36")
    assert (loads.number, loads.verdict.answer, loads.span) == (1, "loads", None)


def test_one_that_does_not_parse_is_one_and_another_broken_document_is_none() -> None:
    text = f"{OTHER}{HEAD}mode: [\n"
    (refused,) = judged(text)
    assert refused.verdict.answer == "refuses"
    contents = held("a.yaml", f"{HEAD}mode: ipvs\n---\nkind: Service\nmetadata: [\n".encode())
    assert len(contents.configurations) == 1
    assert contents.unreadable == []


def test_what_a_template_refuses_depends_on_what_it_becomes() -> None:
    text = HEAD + "clusterCIDR: '{{ .Values.podCIDR }}'\n"
    (depends,) = judged(text)
    assert (depends.verdict.answer, [need.kind for need in depends.verdict.needs]) == ("depends", ["template"])
    (refuses,) = judged(text, as_they_are=True)
    assert refuses.verdict.answer == "refuses"
    (loads,) = judged(HEAD + "clusterCIDR: 10.244.0.0/16\n")
    assert loads.verdict.answer == "loads"


def test_a_verdict_names_the_clusters_where_it_is_not_that_of_all() -> None:
    file = held("a.yaml", (HEAD + "mode: nftables\n").encode())
    old = InCluster("old", Cluster(facts=Facts(kubernetes=Version("1.28"))), frozenset({"a.yaml"}))
    new = InCluster("new", Cluster(facts=Facts(kubernetes=Version("1.36"))), frozenset({"a.yaml"}))
    other = InCluster("other", Cluster(facts=Facts(kubernetes=Version("1.28"))), frozenset({"b.yaml"}))
    found = {each.clusters: each.verdict.answer for each in judge_in([file], [old, new, other], as_they_are=False)}
    assert found == {("old",): "refuses", ("new",): "loads"}
    (alone,) = judge_in([file], [other], as_they_are=False)
    assert (alone.clusters, alone.verdict.answer) == ((), "refuses")
    (same,) = judge_in([file], [new, other], as_they_are=False)
    assert (same.clusters, same.verdict.answer) == ((), "loads")
