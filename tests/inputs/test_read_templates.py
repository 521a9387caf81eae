"""Charts, templates and packed files: what can be read is, what cannot is told once."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kpl.fix.fixer import fix_texts
from kpl.inputs.corefile.model import Corefile
from kpl.inputs.document import ParseFailure
from kpl.inputs.dumps.ruleset import Ruleset
from kpl.inputs.objects.services import Service
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.read import read
from kpl.lint.settings import Settings
from kpl.text.span import Span
from samples import COREFILE, DUMP, POD, config_map, documents, indented, models
from support import readings, run

SERVERS = """\
servers:
- zones:
  - zone: .
  port: 53
  plugins:
  - name: errors
  - name: forward
    parameters: . /etc/resolv.conf
"""


@pytest.mark.parametrize(
    "text",
    [
        SERVERS,
        "coredns:\n" + indented(SERVERS, 2),
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dns}\nspec:\n  values:\n"
        + indented(SERVERS, 4),
    ],
    ids=["values.yaml", "a parent chart", "HelmRelease"],
)
def test_the_servers_of_the_chart_are_a_corefile(text: str) -> None:
    (document,) = [each for each in documents("values.yaml", text) if each.kind != "CorednsChart"]
    assert isinstance(document.model, Corefile)
    assert document.model.text == ".:53 {\n    errors\n    forward . /etc/resolv.conf\n}\n"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (POD.replace("name: p,", 'name: "{{ .Release.Name }}",'), Workload),
        (POD.replace("name: p,", "name: '${NAME}',"), Workload),
        ("kind: Service\nmetadata: {name: $(NAME)}\n", Service),
        (config_map("|\n" + indented(COREFILE.replace("9.9.9.9", "__PILLAR__UPSTREAM__"), 4)), Corefile),
        (config_map("|\n" + indented(COREFILE.replace("9.9.9.9", "{{ upstream }}"), 4)), Corefile),
        (config_map("|\n" + indented(COREFILE.replace("9.9.9.9", "${UPSTREAM}"), 4)), Corefile),
    ],
)
def test_a_template_that_parses_is_read_and_marked(text: str, model: type) -> None:
    (document,) = documents("t.yaml", text)
    assert type(document.model) is model
    assert document.templated


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("kind: Service\n{{- with .Values.x }}\n  a: 1\n{{- end }}\n", "{{- with .Values.x }}"),
        ("kind: Service\n{% if x %}\nspec: 1\n{% endif %}\n", "{% if x %}"),
        ("kind: Service\nmetadata: {name: ${NAME}}\n", "${NAME}"),
        ("kind: Service\nmetadata:\n{{ labels }}\n\n# a comment\n  name: a\n", "{{ labels }}"),
        ("kind: Service\nmetadata:\n{{- $all :=\n  merge .a\n   .b }}\n  name: a\n", "{{- $all :="),
        ("kind: Service\n<% if x %>\nmetadata: 1\n", "<% if x %>"),
        ("kind: Service\nspec:\n%{ if x }\n  a: 1\n%{ endif }\n", "%{ if x }"),
        ("kind: Service\nmetadata:\n  labels: {a: b}\n    OTHER_LABELS\n", "OTHER_LABELS"),
        ("kind: Service\nmetadata: {{ a }}: {{ b }}: {{ c }}\n", "{{ a }}"),
    ],
)
def test_a_template_that_does_not_parse_is_one_failure_that_says_so(text: str, at: str) -> None:
    document, *others = documents("t.yaml", text)
    assert all(each.unrendered is not None for each in others)
    assert isinstance(document.model, ParseFailure)
    assert document.model.templated
    assert text[slice(*document.model.span)] == at


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service\nnote: '{% x %}'\nother: b\nmetadata: {name: a\nspec: 1: 2\n",
        "kind: Service\nmetadata: {name: a\nspec: b: c\nlater: '{{ x }}'\n",
        "kind: Service\n# {{ x }}\nmetadata: {name: a]\n",
        "kind: Service\nmetadata: {name: a] # {{ x }}\n",
        'kind: Service\nnote: "{{"\nother: b\nmetadata: {name: a]\nlast: c\n',
        '{"kind": "Service",\n "a": "{{ x }}",\n "b": "y",\n "c": "z"\n "d": "w"}\n',
        "kind: Service\nmetadata: {name: a\nother: b\nspec: 1: 2\n---\nkind: Service\nmetadata: {{ x }}: y\n",
    ],
)
def test_a_broken_file_with_an_action_elsewhere_is_broken(text: str) -> None:
    failure = documents("t.yaml", text)[0].model
    assert isinstance(failure, ParseFailure)
    assert not failure.templated
    assert [each.code for each in run({"t.yaml": text}, ("KPL001", "KPL003")).findings] == ["KPL001"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("data:\n  Corefile: |\n    . {}\n", "Corefile"),
        ('data:\n  "dns.corefile": |\n    . {}\n', "Corefile"),
        ("  name: coredns-custom\ndata:\n  a.override: |\n    log\n", "Corefile"),
        ("  name: nginx\ndata:\n  a.server: |\n    log\n", ""),
        ("items: [{key: Corefile, path: Corefile}]\n", ""),
        ("# the Corefile: no\n", ""),
        ("data:\n  config.conf: |\n    kind: KubeProxyConfiguration\n", "kube-proxy configuration"),
        ("kind: Service\n", ""),
    ],
)
def test_a_template_of_a_configuration_is_told_and_others_are_not(keys: str, expected: str) -> None:
    text = "kind: ConfigMap\nmetadata:\n{{ labels }}\n  x: y\n" + keys + "containers: []\n"
    document, *_ = documents("t.yaml", text)
    assert isinstance(document.model, ParseFailure)
    assert (document.model.templated, document.model.template_of) == (True, expected)
    findings = run({"t.yaml": text}, ("KPL001", "KPL003")).findings
    assert [each.code for each in findings] == ["KPL003"] * bool(expected)


@pytest.mark.parametrize("level", [0, 9])
def test_a_packed_dump_is_unpacked(level: int) -> None:
    assert models("node.iptables.gz", gzip.compress(DUMP.encode(), level)) == [Ruleset]


@pytest.mark.parametrize(
    "data",
    [b"\x1f\x8b", b"\x1f\x8b\x08garbage", gzip.compress(DUMP.encode(), mtime=0)[:-9], zlib.compress(DUMP.encode())],
)
def test_a_packed_file_that_is_damaged_is_no_dump(data: bytes) -> None:
    assert documents("node.iptables.gz", data, named=True) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_no_obstacle(encoding: str) -> None:
    assert models("Corefile", COREFILE.encode(encoding)) == [Corefile]
    assert models("pod.yaml", POD.encode(encoding)) == [Workload]


def test_a_corefile_with_invalid_bytes_is_read() -> None:
    (document,) = documents("Corefile", COREFILE.encode().replace(b"errors", b"errors # caf\xe9"))
    assert isinstance(document.model, Corefile)
    assert not document.source.valid


NAMES = ["Corefile", "x.override", "x.server", "x.yaml", "x.json", "x.iptables", "x.gz", "<stdin>"]
PARTS = [
    "kind: ConfigMap\n",
    "data:\n",
    "  Corefile: ",
    "|\n",
    "    . {\n",
    "}",
    "\x00",
    "---\n",
    "&a ",
    "*a",
    "{{ x }}",
    "servers:\n",
]


@given(
    st.sampled_from(NAMES),
    st.one_of(st.binary(max_size=80), st.lists(st.sampled_from(PARTS), max_size=12)),
    st.booleans(),
)
@example("x.yaml", b"Corefile: \xff\n", True)
@example("x.yaml", b"Corefile: " + b"[" * 3000, True)
@settings(max_examples=100, deadline=None)
def test_no_bytes_bring_the_reader_down(name: str, data: bytes | list[str], named: bool) -> None:
    data = data if isinstance(data, bytes) else "".join(data).encode()
    reading = read(name, data, named)
    for document in reading.documents if reading else ():
        span = document.embedding.host_span(Span(0, len(document.embedding.text)))
        assert 0 <= span.start <= span.end <= len(document.source.text)


IN_BRANCHES = """\
{% if all %}
.:53 {
{% else %}
example.org:53 {
{% endif %}
    errors
    kubernetes cluster.local {
        upstream
    }
    forward . {{ upstreams | join(" ") }}
}
{% if more %}
lan {
    proxy . 9.9.9.9
}
{% endif %}
"""


def test_a_corefile_that_parses_only_without_its_actions() -> None:
    failure, document = (
        document for reading in readings({"Corefile.j2": IN_BRANCHES}) for document in reading.documents
    )
    assert failure.model.is_read
    assert [str(key) for key in document.model.servers[0].keys] == [".:53"]
    forward = document.model.servers[0].get("forward")
    assert IN_BRANCHES[slice(*document.embedding.host_span(forward.args[1].span))] == '{{ upstreams | join(" ") }}'
    result = run({"Corefile.j2": IN_BRANCHES}, ("KPL204",))
    assert [IN_BRANCHES[slice(*each.span)] for each in result.findings] == ["upstream"]
    fixed = fix_texts(readings({"Corefile.j2": IN_BRANCHES}), Settings(select=("KPL204",)), unsafe=True)
    assert fixed.texts == {
        "Corefile.j2": IN_BRANCHES.replace(" {\n        upstream\n    }\n    forward", "\n    forward")
    }


def test_a_corefile_that_never_parses_is_left() -> None:
    [document] = [
        document for reading in readings({"Corefile.j2": IN_BRANCHES + "b {\n"}) for document in reading.documents
    ]
    assert (document.kind, document.model.is_read) == ("ParseFailure", False)
