"""Which configurations a file holds, and the verdict on each in the clusters of a run."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.facts import Facts
from kpl.inputs.coverage import Skipped, SkipReason
from kpl.inputs.read import identify
from kpl.text.version import Version
from kpl.verify import configurations
from kpl.verify.configurations import Kind, contents, kind_of
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


HOME = "kind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata:\n  Corefile: |\n    lan {\n        import custom/*.override\n    }\n"
CUSTOM = "kind: ConfigMap\nmetadata: {name: coredns-custom, namespace: kube-system}\ndata:\n  x.override: |\n    log\n    cache 0\n"
REFUSED = "lan {\n    cache 0\n}\n"


def in_one_cluster(**texts: str) -> dict[str, Judged]:
    """The verdicts on YAML files of one cluster, by their names without the ending; of several in a file the first."""
    files = [held(f"{name}.yaml", text.encode()) for name, text in texts.items()]
    cluster = Cluster([document for file in files for document in file.documents])
    found = list(judge(files, cluster, as_they_are=False))
    return {each.path.removesuffix(".yaml"): each for each in reversed(found)}


def test_a_verdict_about_an_imported_key_names_its_place_and_that_of_the_import() -> None:
    found = in_one_cluster(home=HOME, custom=CUSTOM)
    judged, key = found["home"], found["custom"]
    assert judged.span is not None
    assert HOME[slice(*judged.span)] == "custom/*.override"
    assert judged.imported is not None
    source, span = judged.imported
    assert (source.path, CUSTOM[slice(*span)]) == ("custom.yaml", "0")
    # the key itself is refused as well, with nothing imported
    assert (key.verdict.answer, key.imported) == ("refuses", None)


def test_a_verdict_about_the_corefile_itself_has_no_imported_place() -> None:
    found = in_one_cluster(home=HOME.replace("import", "cache 0\n        import"), custom=CUSTOM.replace("0", "9"))
    assert (found["home"].verdict.answer, found["home"].imported) == ("refuses", None)
    # a Corefile beside it that imports nothing of the ConfigMap
    other = HOME.replace("name: coredns", "name: other").replace("import custom/*.override", "cache 0")
    found = in_one_cluster(home=HOME, custom=CUSTOM, other=other)
    assert (found["other"].verdict.answer, found["other"].imported) == ("refuses", None)
    assert found["home"].imported is not None


def test_what_another_key_of_the_same_object_imports_has_no_place_in_another_file() -> None:
    home = (
        HOME.replace("import custom/*.override", "import custom/*.override\n        import more") + "  more: cache 0\n"
    )
    found = in_one_cluster(home=home, custom=CUSTOM.replace("cache 0", "errors"))["home"]
    assert (found.verdict.answer, found.imported) == ("refuses", None)
    assert found.verdict.imported is not None


def test_an_imported_template_is_to_be_rendered_first() -> None:
    found = in_one_cluster(home=HOME, custom=CUSTOM.replace("cache 0", "bufsize {{ size }}"))["home"]
    assert (found.verdict.answer, [need.name for need in found.verdict.needs]) == ("depends", ["{{ size }}"])
    assert (found.span, found.imported) == (None, None)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("bufsize {{ .Values.size }}", "depends"),
        # what CoreDNS fills in itself is no template of the file
        ('template IN A {\n        answer "{{ .Name }} 60 IN A 192.0.2.1"\n    }\n    cache 0', "refuses"),
    ],
)
def test_what_coredns_fills_in_itself_is_no_template(line: str, answer: str) -> None:
    (found,) = judged(f"lan {{\n    {line}\n}}\n", "Corefile")
    assert found.verdict.answer == answer


def test_a_line_of_a_plugin_is_none_in_a_configuration_of_kube_proxy() -> None:
    (found,) = judged(HEAD + 'mode: ebpf\nanswer: "{{ .Values.a }}"\n')
    assert found.verdict.answer == "depends"


def test_the_place_in_a_corefile_of_a_config_map_is_that_in_the_file() -> None:
    text = HOME.replace("import custom/*.override", "cache 0")
    found = in_one_cluster(home=text)["home"]
    assert found.span is not None
    assert text[slice(*found.span)] == "0"
    assert found.verdict.inner_line == 2


@pytest.mark.parametrize("name", ["Corefile", "custom.override"])
def test_a_raw_file_is_one_configuration(name: str) -> None:
    contents = held(name, b"cache 0\n" if name != "Corefile" else REFUSED.encode())
    (only,) = contents.configurations
    assert (only.kind, only.offset, contents.documents, contents.unreadable) == ("corefile", 0, [], [])
    (found,) = judge([contents], Cluster(), as_they_are=False)
    assert (found.verdict.answer, found.path) == ("refuses", name)


def test_a_file_is_what_the_user_says() -> None:
    assert (kind_of("corefile"), kind_of("kube-proxy"), kind_of(None)) == ("corefile", "yaml", None)
    kinds: dict[Kind, str] = {"corefile": REFUSED, "kube-proxy": f"{HEAD}mode: ebpf\n"}
    for kind, text in kinds.items():
        identified = identify("any.conf", text.encode(), as_kind=kind_of(kind))
        (only,) = contents("any.conf", identified, kind).configurations
        assert (only.kind, only.text) == (kind, text)
        (found,) = judge([contents("any.conf", identified, kind)], Cluster(), as_they_are=True)
        assert found.verdict.answer == "refuses"


def test_a_file_that_was_skipped_or_fails_has_no_configurations(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = identify("notes.txt", b"hello\n")
    assert isinstance(skipped, Skipped)
    assert contents("notes.txt", skipped, None).skipped is skipped


@pytest.mark.troubles
def test_a_file_on_which_kpl_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    identified = identify("Corefile", REFUSED.encode())
    monkeypatch.setattr(configurations, "_whole", lambda source: source.nothing)
    found = contents("Corefile", identified, None)
    assert found.skipped is not None
    assert (found.configurations, found.skipped.reason, found.skipped.path) == ([], SkipReason.FAILED, "Corefile")


@pytest.mark.troubles
def test_a_configuration_on_which_kpl_fails_costs_only_itself() -> None:
    broken, good = held("a.yaml", f"{HEAD}mode: ipvs\n".encode()), held("b.yaml", f"{HEAD}mode: ipvs\n".encode())
    broken.configurations[0].text = None  # type: ignore[assignment]
    assert [each.path for each in judge([broken, good], Cluster(), as_they_are=False)] == ["b.yaml"]


@pytest.mark.parametrize(
    ("text", "configurations", "unreadable"),
    [
        # which broken documents may hold a configuration
        ("kind: ConfigMap\ndata:\n  Corefile: [\n", 0, 1),
        ("kind: ConfigMap\ndata:\n  other: [\n", 0, 0),
        (f"kind: Service\nmetadata: [\n---\n{HOME}", 1, 0),
        (f"{HOME}---\nkind: ConfigMap\ndata:\n  Corefile: [\n", 1, 1),
        ("kind: List\nitems:\n- kind: KubeProxyConfiguration\n  mode: [\n", 0, 1),
        ("kind: ConfigMap\ndata:\n  Corefile: [", 0, 1),
        # one that stands by itself is one that kube-proxy refuses
        (f"{HEAD}mode: [\n", 1, 0),
        (f"{HEAD}mode: [\n---\n{HEAD}mode: [\n", 2, 0),
        ("kind: KubeProxyConfigurations\nmode: [\n", 0, 1),
    ],
)
def test_what_does_not_parse_and_may_be_a_configuration_is_told(
    text: str, configurations: int, unreadable: int
) -> None:
    found = held("a.yaml", text.encode())
    assert (len(found.configurations), len(found.unreadable)) == (configurations, unreadable)


def test_the_configurations_of_a_file_keep_their_order_and_number() -> None:
    text = f"{HOME.replace('import custom/*.override', 'cache 0')}---\n{HEAD}mode: ebpf\n---\n{HEAD}mode: ipvs\n"
    found = judged(text, kubernetes=Version("1.36"))
    assert [(each.number, each.kind, each.verdict.answer) for each in found] == [
        (0, "corefile", "refuses"),
        (1, "kube-proxy", "refuses"),
        (2, "kube-proxy", "loads"),
    ]
    old = InCluster("old", Cluster(facts=Facts(kubernetes=Version("1.28"))), frozenset({"a.yaml"}))
    new = InCluster("new", Cluster(facts=Facts(kubernetes=Version("1.36"))), frozenset({"a.yaml"}))
    text = f"{HEAD}mode: nftables\n---\n{HEAD}mode: ipvs\n"
    found = list(judge_in([held("a.yaml", text.encode())], [old, new], as_they_are=False))
    assert [(each.number, each.clusters) for each in found] == [
        (0, ("old",)),
        (0, ("new",)),
        (1, ("old",)),
        (1, ("new",)),
    ]
