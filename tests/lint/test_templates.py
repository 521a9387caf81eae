"""Templates that do not parse: rules find there what holds however they are rendered, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.cluster import Cluster
from kpl.inputs.corefile.model import Corefile
from kpl.inputs.document import Document, ParseFailure
from kpl.inputs.templates.renderings import template_of
from kpl.lint.registry import entries
from kpl.shares.share import NOTHING, share_of
from kpl.text.edit import Edit
from kpl.text.span import Span
from samples import documents, indented
from support import held, run
from support import here as kpl

LABELS = '  labels: {{- include "labels" . | nindent 4 }}\n    app: a\n'
HEAD = f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ .name }}}}\n{LABELS}spec:\n  template:\n    spec:\n"
CONTAINERS = "      containers:\n      - name: c\n        image: shop/cart:3\n"
NDOTS = "      dnsConfig:\n        options:\n        - name: ndots\n          value: 2\n"
CONFIG_MAP = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns\n{LABELS}data:\n  Corefile: |\n"
COREFILE = "    .:53 {\n        errors\n        cache 30s\n        forward . /etc/resolv.conf\n    }\n"
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{{ if .a }}\n{{ end }}\n"
IF, ELSE, END = "{{- if .Values.a }}\n", "{{- else }}\n", "{{- end }}\n"


def found(text: str, **known: object) -> list[tuple[str, str]]:
    """The codes of the findings but for KPL003, with what they underline."""
    findings = run({"t.yaml": text}, known=known).findings
    return [(each.code, text[slice(*each.span)]) for each in findings if each.code != "KPL003"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + NDOTS + CONTAINERS, [("KPL104", "2")]),
        # what is around all of the object does not matter
        (IF + HEAD + NDOTS + CONTAINERS + END, [("KPL104", "2")]),
        (IF + HEAD + CONTAINERS + ELSE + HEAD + NDOTS + CONTAINERS + END, [("KPL104", "2")]),
        ("{% for a in b %}\n" + HEAD.replace("{{-", "{{") + NDOTS + CONTAINERS + "{% endfor %}\n", [("KPL104", "2")]),
        # one of several documents, and an item of a list
        ("kind: Service\n---\n" + HEAD + NDOTS + CONTAINERS, [("KPL104", "2")]),
        # in a branch of it
        (HEAD + IF + NDOTS + END + CONTAINERS, []),
        (HEAD + IF + "      dnsPolicy: A\n" + ELSE + "      dnsPolicy: B\n" + END + CONTAINERS, []),
        (HEAD + "{{- range .x }}\n" + NDOTS + "{{- end }}\n" + CONTAINERS, []),
        # what depends on a release is right for that one
        ("{{- if semverCompare .Capabilities.a }}\n" + HEAD + NDOTS + CONTAINERS + END, []),
        # placeholders
        (HEAD + NDOTS.replace("2", "{{ .ndots }}") + CONTAINERS, []),
        (HEAD + "      dnsPolicy: {{ if .a }}A{{ else }}B{{ end }}\n" + CONTAINERS, []),
        # what is not written may be there once it is rendered
        (HEAD + "      dnsPolicy: None\n" + CONTAINERS, []),
        (HEAD + "      dnsConfig: {options: [{name: ndots}]}\n" + CONTAINERS, []),
        (HEAD + "      dnsConfig: {options: [{value: '2'}]}\n" + CONTAINERS, []),
        (HEAD + "      hostNetwork: true\n" + CONTAINERS + "        args: [--server=a.b.svc]\n", []),
        (HEAD + CONTAINERS + "        env: [{name: API_URL, value: 'https://api.example.com'}]\n", []),
        # one of these may not be there
        (HEAD + "      dnsConfig: {options: [{name: ndots, value: '1'}, {name: ndots, value: '2'}]}\n" + CONTAINERS, []),
        (HEAD + "      dnsConfig: {nameservers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}\n" + CONTAINERS, []),
        (HEAD + f"      dnsConfig: {{searches: [{', '.join(f'a{each}' for each in range(33))}]}}\n" + CONTAINERS, []),
        (HEAD + f"      dnsConfig: {{searches: [{'a' * 2049}]}}\n" + CONTAINERS, []),
        (HEAD + "      dnsConfig: {searchs: [a.example]}\n" + CONTAINERS, [("KPL104", "searchs")]),
        # a Corefile: no rule about what it lacks or about all of it
        (CONFIG_MAP + COREFILE, [("KPL222", "30s")]),
        (CONFIG_MAP + COREFILE.replace("cache 30s", "{{ .cache }}\n        nonsense"), []),
        (CONFIG_MAP + COREFILE.replace("        cache 30s\n", f"        {IF}        cache 30s\n        {END}"), []),
        (CONFIG_MAP + COREFILE.replace("cache 30s", "upstream\n        proxy . 10.0.0.1"), [("KPL204", "proxy")]),
        (CONFIG_MAP + COREFILE.replace("30s", "30 {\n            success 30\n        }"), [("KPL231", "30")]),
        # not even a Corefile
        (CONFIG_MAP + "    {{ .corefile }}\n", []),
        (CONFIG_MAP + "    .:53 {\n{{ .corefile }}\n    }}\n", []),
        (PROXY + "mode: userspace\n", [("KPL302", "userspace")]),
        (PROXY + IF + "mode: userspace\n" + END, []),
        (PROXY + "mode: {{ .mode }}\n", []),
        (PROXY + "mode: iptables\nmode: iptables\nclusterCIDR: nonsense\n", []),
        (PROXY + "mode: iptables\nipvs:\n  scheduler: rr\n", []),
    ],
)  # fmt: skip
def test_what_is_certain_is_found_and_nothing_else(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, kubernetes="1.35") == expected


def test_a_gate_that_is_not_written_may_be_in_the_rendered_text() -> None:
    assert found(PROXY + "mode: nftables\n", kubernetes="1.29") == []
    assert found(PROXY + "mode: nftables\nfeatureGates: {NFTablesProxyMode: false}\n", kubernetes="1.29") == [
        ("KPL302", "nftables")
    ]


def test_related_places_are_certain_too() -> None:
    both = "healthzBindAddress: 0.0.0.0:10256\n{}metricsBindAddress: 0.0.0.0:10256\n{}"
    assert found(PROXY + both.format("", "")) == [("KPL309", "0.0.0.0:10256")]
    assert found(PROXY + IF + both.format(END, "")) == []
    assert found(PROXY + both.format(IF, END)) == []


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (HEAD + NDOTS + CONTAINERS, HEAD + NDOTS.replace("2", '"2"') + CONTAINERS),
        (CONFIG_MAP + COREFILE, CONFIG_MAP + COREFILE.replace("30s", "30")),
        (PROXY + "mode: ipvs\n", None),
        # a line that an action is on, or next to
        (HEAD + "      dnsConfig: {options: [{name: ndots, value: 2{{/* a */}}}]}\n" + CONTAINERS, None),
    ],
)
def test_a_fix_leaves_the_actions_alone(tmp_path: Path, text: str, fixed: str | None) -> None:
    (tmp_path / "t.yaml").write_text(text)
    done = kpl(tmp_path, "fix", "t.yaml")
    assert (tmp_path / "t.yaml").read_text() == (text if fixed is None else fixed)
    assert b"internal" not in done.stderr


def test_which_edits_are_made_in_a_template() -> None:
    #       0123456789
    text = "a: {{ x }} b\n{{ if y }}\nc\n{{ end }}\nd e\n"
    template = template_of(text)
    assert template is not None
    known = template.known(Span(0, len(text)), template.renderings[0])
    assert known is not None
    end = text.index("d e")
    for edit, allowed in (
        (Edit(0, 2, "f:"), True),
        (Edit(0, 3, "f: "), False),
        (Edit(10, 10, ","), False),
        (Edit(11, 12, "f"), True),
        (Edit(11, 11, "f\ng"), False),
        (Edit(text.index("c"), text.index("c") + 1, "f"), False),
        (Edit(end, end + 1, "f"), True),
        (Edit(end, end + 4, ""), True),
        (Edit(end - 1, end - 1, "f"), False),
        (Edit(2, end, ""), False),
    ):
        assert known.allows([edit]) is allowed, edit
    assert not known.allows([Edit(0, 2, "f:"), Edit(3, 4, "f")])


def unrendered(text: str) -> list[Document]:
    failure, *others = documents("t.yaml", text)
    assert isinstance(failure.model, ParseFailure)
    assert failure.model.templated
    assert failure.model.is_read
    return others


def test_a_template_is_no_part_of_the_cluster() -> None:
    (document,) = unrendered(CONFIG_MAP + COREFILE.replace("errors", "kubernetes cluster.local"))
    assert document.templated
    assert share_of(document) == NOTHING
    cluster = Cluster([document])
    assert list(cluster.of(Corefile)) == []
    assert cluster.has("Corefile")


def test_a_written_release_is_that_of_the_file() -> None:
    image = CONTAINERS.replace("shop/cart:3", "coredns/coredns:1.3.1")
    old = CONFIG_MAP + COREFILE.replace("cache 30s", "proxy . 10.0.0.1") + "---\n"
    removed = [("KPL204", "proxy")]
    assert found(old + HEAD + CONTAINERS) == removed
    assert found(old + HEAD + image) == []
    assert found(old + HEAD + image.replace("1.3.1", "1.5.0")) == removed
    # in a branch, or not written
    assert found(old + HEAD + IF + image + END) == removed
    assert found(old + HEAD + image.replace("1.3.1", "{{ .tag }}")) == removed


def test_a_field_that_was_removed_is_told_where_the_release_is_known() -> None:
    text = PROXY + "udpIdleTimeout: 250ms\n"
    assert found(text) == []
    assert found(text, kubernetes="1.30") == [("KPL303", "udpIdleTimeout")]
    assert found(PROXY + "windowsRunAsService: true\n") == []
    assert found(PROXY + "noSuchField: 1\n") == [("KPL303", "noSuchField")]


CONFIG = "kind: ConfigMap\nmetadata: {name: kube-proxy}\ndata:\n  config.conf: |\n" + indented(PROXY, 4)


def test_a_template_in_a_config_map_is_read() -> None:
    text = CONFIG + "    mode: userspace\n    {{ if .b }}\n    ipvs: {{ .c }}\n    {{ end }}\n"
    failure, document = documents("t.yaml", text)
    assert (failure.model.templated, failure.model.is_read, failure.model.template_of) == (
        True,
        True,
        "kube-proxy configuration",
    )
    assert (document.kind, document.model.mode, document.name, document.key) == (
        "KubeProxyConfig",
        "userspace",
        "kube-proxy",
        "config.conf",
    )
    assert found(text) == [("KPL302", "userspace")]
    assert found(text.replace("    mode: userspace\n", "").replace("ipvs: {{ .c }}", "mode: userspace")) == []
    (failure,) = documents("t.yaml", text.replace("{{ end }}", ""))
    assert (failure.model.templated, failure.model.is_read) == (True, False)


def test_a_branch_that_only_the_last_rendering_has() -> None:
    lines = [IF, "    {{ .corefile }}\n", ELSE, "    {{- if .b }}\n    {{- end }}\n", COREFILE, END]
    assert found(CONFIG_MAP + "".join(lines)) == [("KPL222", "30s")]


NAMED = ["pod.yaml.j2", "pod.yml.tpl", "pod.YAML.tmpl", "pod.json.jinja2", "pod.yaml.gotmpl", "pod.yml.erb", "pod.yaml.template", "pod.yaml.in", "pod.yaml.ctmpl", "pod.yaml.tftpl", "pod.j2", "_pod.tpl", "pod.gotmpl", "pod.manifest.j2"]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_name_tells_that_a_file_is_a_template(tmp_path: Path, name: str) -> None:
    text = HEAD + NDOTS + CONTAINERS
    written = "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true\n  dnsPolicy: A\n  containers:\n  - {name: c, image: '{{ i }}', args: [--server=a.b.svc]}\n"
    (tmp_path / name).write_text(text)
    done = kpl(tmp_path, "lint", "--format", "concise", "--show-skipped")
    assert b"KPL104" in done.stdout
    assert f"{name}:5: checked in part: it contains a document that".encode() in done.stdout
    # one that parses is one all the same
    (tmp_path / name).write_text(written)
    done = kpl(tmp_path, "lint", "--format", "concise", "--show-skipped")
    assert b"KPL104" in done.stdout
    assert b"KPL102" not in done.stdout
    assert f"{name}:1: checked in part: it is a template that must be rendered first".encode() in done.stdout
    # and one that is broken may be right once it is rendered
    (tmp_path / name).write_text("apiVersion: v1\nkind: Pod\nspec: {containers: @PODS@\n")
    done = kpl(tmp_path, "lint", "--format", "concise", "--show-skipped")
    assert done.stdout.startswith(b"Nothing was checked.")
    assert f"{name}: not checked: it is a template that must be rendered first".encode() in done.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unit.service.j2", HEAD),
        ("_helpers.tpl", '{{ define "a" }}\nhostNetwork: true\n{{ end }}\n'),
        ("main.template", "a: b\n"),
    ],
)
def test_other_templates_are_left(name: str, text: str) -> None:
    assert documents(name, text) == []


def test_a_corefile_template_is_known_as_before() -> None:
    for name in ("Corefile.j2", "corefile.tpl"):
        (document,) = documents(name, ". {\n    forward . {{ upstream }}\n    cache 30s\n}\n")
        assert (document.kind, document.templated, document.unrendered) == ("Corefile", True, None)
    (document,) = documents("dns.j2", ". {\n    errors\n}\n", named=True)
    assert document.kind == "Corefile"


def test_a_named_template_that_parses_is_no_part_of_the_cluster(tmp_path: Path) -> None:
    text = "kind: ConfigMap\nmetadata: {name: coredns}\ndata:\n  Corefile: |\n    . {\n        nonsense\n    }\n"
    (document,) = documents("cm.yaml.j2", text)
    assert document.unrendered is not None
    assert share_of(document) == NOTHING
    assert run({"cm.yaml.j2": text}).findings == []
    assert [each.code for each in run({"cm.yaml": text}).findings] == ["KPL011"]
    # it is read as it is written, so that there is a verdict
    (tmp_path / "cm.yaml.j2").write_text(text)
    assert kpl(tmp_path, "verify").returncode == 1
    assert (
        documents("app.yaml.j2", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: a}\n")
        == []
    )


@pytest.mark.parametrize(
    "field",
    [
        "{{a: b}: c}",
        "'{{ .Values.a }}'",
        "{{ .Values.a }}",
        "a {{ $labels.x }} b",
        "${{ github.sha }}",
        "a # {{ if .x }}",
        "|\n    {{ if .x }}\n    a\n    {{ end }}",
        '"{% if x %}"',
        "${A}",
    ],
)
def test_what_parses_is_read_as_it_is(field: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  x: {field}\n  dnsPolicy: None\n  containers: [{{name: c, image: i}}]\n"
    (document,) = documents("pod.yaml", text)
    assert document.model.node.mapping("spec") is not None
    assert document.unrendered is None
    assert found(text) == [("KPL104", "None")]


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\nspec: {containers: [{{ a }]}\n",
        "kind: Pod\nspec:\n  containers: [a\n# {{ if x }}\n# {{ end }}\n",
        "kind: Pod\nspec:\n  containers: [a\n  x: '{{ y }}'\n",
        '{"kind": "Pod", "a": "{{ x }}"\n\n\n "containers": []}\n',
    ],
)
def test_what_is_broken_beside_its_actions_is_broken(text: str) -> None:
    (document,) = documents("pod.yaml", text)
    assert document.kind == "ParseFailure"
    assert not document.model.is_read


def test_an_object_in_both_branches_is_there_once_for_each() -> None:
    text = IF + HEAD + CONTAINERS + ELSE + HEAD.replace("Deployment", "DaemonSet") + CONTAINERS + END
    assert [each.model.kind for each in unrendered(text)] == ["Deployment", "DaemonSet"]
    text = HEAD + IF + "      dnsPolicy: A\n" + ELSE + "      dnsPolicy: B\n" + END + CONTAINERS
    assert [each.model.dns_policy for each in unrendered(text)] == ["A"]


def test_no_verdict_is_given_on_a_template(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(CONFIG_MAP + COREFILE)
    assert held("t.yaml", (CONFIG_MAP + COREFILE).encode()).configurations == []
    done = kpl(tmp_path, "verify", "t.yaml")
    assert done.returncode == 2
    assert b"t.yaml:5:11: not verified: this YAML document is a template; render it first\n" in done.stderr


def test_what_a_comment_suppresses_may_be_in_the_rendered_text() -> None:
    text = HEAD + "      # kpl: ignore[KPL101] the proxy asks once\n" + CONTAINERS
    assert found(text) == []
    text = HEAD + NDOTS.replace("2", "2 # kpl: ignore[KPL104] a test") + CONTAINERS
    assert found(text) == []
    assert found(HEAD + NDOTS.replace("2", "2 # kpl: ignore[KPL9999]") + CONTAINERS)[-1][0] == "KPL002"


def test_which_rules_check_templates() -> None:
    # each of the others needs all of an object: what it lacks, what is there twice, the verdict on it
    assert {each.code for each in entries() if each.in_templates and each.module.startswith("kpl_rules")} == {
        "KPL104", "KPL204", "KPL217", "KPL222", "KPL223", "KPL231", "KPL302", "KPL303", "KPL306", "KPL309",
    }  # fmt: skip
