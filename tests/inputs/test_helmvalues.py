"""The chart's ``servers:``: what is found stands where it was written, and is mended there."""

from __future__ import annotations

import re

import pytest

from kpl.inputs.corefile.model import Corefile
from kpl.inputs.corefile.parser import parse_corefile
from kpl.text.edit import Edit, apply_edits
from kpl.text.embedding import Embedding
from kpl.text.span import Span
from samples import documents

VALUES = """\
servers:
  - zones:  # all
      - zone: .
        scheme: dns://
      - zone: "b.org"
    port: 53
    plugins:
      - name: errors
      # answers nobody
      - name: health  # keep
        configBlock: |-
          lameduck 5s
          other 1
      - name: ready
      - name: kubernetes
        parameters: "cluster.local in-addr.arpa"
        configBlock: |-
          pods insecure
      - parameters: . /etc/resolv.conf
        name: forward
rest: 1
"""
COREFILE = """\
dns://. b.org:53 {
    errors
    health {
        lameduck 5s
        other 1
    }
    ready
    kubernetes cluster.local in-addr.arpa {
        pods insecure
    }
    forward . /etc/resolv.conf
}
"""


def chart(values: str) -> tuple[Corefile, Embedding]:
    (document,) = [each for each in documents("values.yaml", values) if each.kind != "CorednsChart"]
    assert isinstance(document.model, Corefile)
    return document.model, document.embedding


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_corefile_is_the_one_that_the_chart_prints(newline: str) -> None:
    corefile, _ = chart(VALUES.replace("\n", newline))
    assert corefile.text == COREFILE


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_each_word_stands_where_it_was_written(newline: str) -> None:
    values = VALUES.replace("\n", newline)
    corefile, embedding = chart(values)
    for found in re.finditer(r"[a-z][\w.-]*|/etc/resolv.conf|5s|53", corefile.text):
        span = embedding.host_span(Span(*found.span()))
        assert values[slice(*span)] == found.group()


def test_a_span_over_several_values_goes_from_the_first_to_the_last() -> None:
    corefile, embedding = chart(VALUES)
    health = corefile.servers[0].get("health")
    assert health is not None
    assert VALUES[slice(*embedding.host_span(health.span))].startswith("health  # keep")
    assert VALUES[slice(*embedding.host_span(health.span))].endswith("other 1")


def mended(values: str, edit: Edit | None) -> str:
    """`values` after an edit to their Corefile; what they then say is checked."""
    assert edit is not None
    corefile, embedding = chart(values)
    edits = embedding.host_edits([edit])
    assert edits is not None
    result = apply_edits(values, edits)
    assert words(chart(result)[0].text) == words(apply_edits(corefile.text, [edit]))
    return result


def words(corefile: str) -> list[list[str]]:
    return [line.split() for line in corefile.splitlines()]


def edit_of(kind: str, values: str = VALUES) -> Edit | None:
    corefile, _ = chart(values)
    server = corefile.servers[0]
    directive = {str(each.name): each for each in server.directives}
    if kind == "insert":
        return corefile.insert_after(directive["errors"], "cache 30", "loop")
    if kind == "insert a block":
        return corefile.insert_after(directive["ready"], "log {", "    class error", "}")
    if kind == "append":
        return corefile.append(server, "cache 30")
    if kind == "first property":
        return corefile.add_property(directive["ready"], "x 1")
    if kind == "property":
        return corefile.add_property(directive["health"], "new 1")
    if kind == "remove property":
        return corefile.remove_lines(directive["health"].properties[0].span)
    if kind == "remove last property":
        return corefile.remove_lines(directive["health"].properties[1].span)
    if kind == "remove":
        return corefile.remove_lines(directive["ready"].span)
    if kind == "remove a block":
        return corefile.remove_lines(directive["health"].span)
    argument = directive["forward"].args[1].span
    return Edit(argument.start, argument.end, "9.9.9.9")


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (
            "insert",
            "      - name: errors\n",
            "      - name: errors\n      - name: cache\n        parameters: 30\n      - name: loop\n",
        ),
        (
            "insert a block",
            "      - name: ready\n",
            "      - name: ready\n      - name: log\n        configBlock: |-\n          class error\n",
        ),
        ("append", "        name: forward\n", "        name: forward\n      - name: cache\n        parameters: 30\n"),
        ("first property", "name: ready\n", "name: ready\n        configBlock: |-\n          x 1\n"),
        ("property", "          other 1\n", "          other 1\n          new 1\n"),
        ("remove property", "          lameduck 5s\n", ""),
        ("remove last property", "          other 1\n", ""),
        ("remove", "      - name: ready\n", ""),
        ("value", "/etc/resolv.conf", "9.9.9.9"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_edit_to_the_corefile_is_one_to_the_values(kind: str, old: str, new: str, newline: str) -> None:
    values = VALUES.replace("\n", newline)
    assert mended(values, edit_of(kind, values)) == VALUES.replace(old, new, 1).replace("\n", newline)


def test_a_plugin_goes_with_its_block() -> None:
    left = mended(VALUES, edit_of("remove a block"))
    assert "health" not in left
    assert left.startswith(VALUES[: VALUES.index("      - name: health")])


def test_the_only_line_of_a_block_stays() -> None:
    corefile, embedding = chart(VALUES)
    kubernetes = corefile.servers[0].get("kubernetes")
    assert kubernetes is not None
    edit = corefile.remove_lines(kubernetes.properties[0].span)
    assert edit is not None
    assert embedding.host_edits([edit]) is None


def test_what_the_values_cannot_express_is_refused() -> None:
    _, embedding = chart(VALUES)
    assert embedding.host_edits([Edit(0, 0, "# a comment\n")]) is None
    assert embedding.host_edits([Edit(0, len(COREFILE), "")]) is None


def test_values_in_flow_style_are_read_and_new_plugins_refused() -> None:
    values = (
        "servers: [{zones: [{zone: .}], port: 53, plugins: [{name: errors}, {name: forward, parameters: . 9.9.9.9}]}]\n"
    )
    corefile, embedding = chart(values)
    assert corefile.text == ".:53 {\n    errors\n    forward . 9.9.9.9\n}\n"
    assert embedding.host_edits([edit for edit in [corefile.append(corefile.servers[0], "cache 30")] if edit]) is None


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("autopath @kubernetes", '"@kubernetes"'),
        ("forward . tls://9.9.9.9 10.0.0.1:53", ". tls://9.9.9.9 10.0.0.1:53"),
        ('log . "{remote} {type}"', '". \\"{remote} {type}\\""'),
        ("acl *", '"*"'),
    ],
)
def test_parameters_are_quoted_where_yaml_needs_it(line: str, written: str) -> None:
    corefile, _ = chart(VALUES)
    result = mended(VALUES, corefile.append(corefile.servers[0], line))
    assert result.endswith(f"      - name: {line.split()[0]}\n        parameters: {written}\nrest: 1\n")


@pytest.mark.parametrize(
    ("server", "corefile"),
    [
        ("zones: [{scheme: tls://}, {zone: b.org}, x]", "tls://. b.org {\n    errors\n}\n"),
        ("zones: [{zone: a.org}]\n  port: 5353", "a.org:5353 {\n    errors\n}\n"),
        ("port: 53", ".:53 {\n    errors\n}\n"),
        ("zones: x\n  port: [1]", ". {\n    errors\n}\n"),
    ],
)
def test_the_keys_of_a_server(server: str, corefile: str) -> None:
    assert (
        chart(f"servers:\n- {server}\n  x: zones\n  y: {{zones: 1}}\n  plugins:\n  - name: errors\n")[0].text
        == corefile
    )


@pytest.mark.parametrize(
    ("plugin", "lines"),
    [
        ("parameters: '  a  b '", ["errors a  b"]),
        ("parameters: ' '\n    configBlock: ' '", ["errors"]),
        ("parameters: [x]\n    configBlock: {a: b}", ["errors"]),
        ("configBlock: |\n      a 1\n\n        b\n", ["errors {", "    a 1", "    ", "      b", "}"]),
        ("configBlock: a 1\n    parameters: c", ["errors c {", "    a 1", "}"]),
    ],
)
def test_the_lines_of_a_plugin(plugin: str, lines: list[str]) -> None:
    values = f"servers:\n- zones: []\n  plugins:\n  - name: errors\n    {plugin}\n"
    assert chart(values)[0].text == "\n".join([". {", *(f"    {line}" for line in lines), "}", ""])


def test_where_what_the_chart_writes_itself_is_shown() -> None:
    corefile, embedding = chart(VALUES)
    text = corefile.text

    def shown(part: str, after: int = 0) -> str:
        at = text.index(part, after)
        return VALUES[slice(*embedding.host_span(Span(at, at + len(part))))]

    # braces and blanks stand nowhere: the value before them is shown, from its end
    assert shown(" {\n") == ""
    assert shown("{\n    errors") == "errors"
    assert shown("errors\n") == "errors"
    assert shown("rrors") == "rrors"
    assert shown("lameduck 5s\n        other").split() == ["lameduck", "5s", "other"]
    assert shown("}\n    ready") == "ready"
    end = len(text)
    assert VALUES[slice(*embedding.host_span(Span(end - 3, end)))] == ""
    assert VALUES[slice(*embedding.host_span(Span(end, end)))] == ""
    assert VALUES[slice(*embedding.host_span(Span(0, end)))].startswith("dns://")
    assert VALUES[slice(*embedding.host_span(Span(0, end)))].endswith("/etc/resolv.conf")


@pytest.mark.parametrize(
    ("at", "until", "text"),
    [
        # not of one value, not whole lines, or more than the values can say
        ("errors", "errors", "a\nb"),
        ("    errors", "errors\n", "    log\n"),
        ("rors\n    health", "health", "x"),
        ("errors\n", "errors\n", ""),
        ("        lameduck", "lameduck", ""),
        ("lameduck 5s\n        other 1\n", "other 1\n", ""),
        ("    kubernetes", "    kubernetes", "\n    log\n"),
        ("        pods insecure\n", "pods insecure\n", ""),
        ("dns://", "dns://", "a\n"),
    ],
)
def test_edits_that_the_values_cannot_express(at: str, until: str, text: str) -> None:
    corefile, embedding = chart(VALUES)
    start = corefile.text.index(at)
    edit = Edit(start, corefile.text.index(until, start) + len(until), text)
    assert embedding.host_edits([edit]) is None
    harmless = Edit(corefile.text.index("ready"), corefile.text.index("ready") + 5, "loop")
    assert embedding.host_edits([harmless]) is not None
    assert embedding.host_edits([harmless, edit] if edit.start > harmless.end else [edit, harmless]) is None


def test_new_plugins_that_the_values_cannot_express() -> None:
    corefile, embedding = chart(VALUES)
    ready = corefile.servers[0].get("ready")
    assert ready is not None
    for lines in (["log {", "    a {", "        b", "    }", "}"], ["log {"], ["}"]):
        assert embedding.host_edits([corefile.insert_after(ready, *lines)]) is None


def test_a_line_is_added_after_each_line_of_a_block() -> None:
    corefile, embedding = chart(VALUES)
    for old, new in (
        ("lameduck 5s", "          lameduck 5s\n          x 1\n          other 1\n"),
        ("other 1", "          other 1\n          x 1\n"),
    ):
        at = corefile.text.index(old) + len(old)
        edits = embedding.host_edits([Edit(at, at, "\n        x 1")])
        assert edits is not None
        assert new in apply_edits(VALUES, edits)


def test_the_first_of_three_lines_goes_alone() -> None:
    values = VALUES.replace("other 1\n", "other 1\n          third 2\n")
    for line in ("lameduck 5s", "other 1", "third 2"):
        corefile, embedding = chart(values)
        at = corefile.text.index(f"        {line}")
        edits = embedding.host_edits([Edit(at, at + len(line) + 9, "")])
        assert edits is not None
        assert apply_edits(values, edits) == values.replace(f"          {line}\n", "")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            "servers:\n- zones: []\n  plugins:\n  - name: errors\n  - name: ready\n",
            "servers:\n- zones: []\n  plugins:\n  - name: ready\n",
        ),
        ("servers:\n- zones: []\n  plugins:\n  - name: ready\n  - name: errors", None),
        ("servers:\n- zones: []\n  plugins:\n  - name: errors\n", None),
        ("servers:\n- zones: []\n  plugins: [{name: errors}, {name: ready}]\n", None),
        ("servers:\n- {zones: [], plugins: [\n  {name: errors},\n  {name: ready}]}\n", None),
    ],
)
def test_where_a_plugin_can_be_taken_out(values: str, expected: str | None) -> None:
    corefile, embedding = chart(values)
    errors = corefile.servers[0].get("errors")
    assert errors is not None
    edit = corefile.remove_lines(errors.span)
    assert edit is not None
    edits = embedding.host_edits([edit])
    assert (None if edits is None else apply_edits(values, edits)) == expected


@pytest.mark.parametrize(
    "values",
    [
        "servers: []\nplugins: 1\nzones: 1\n",
        "servers:\n- host: a\n  plugins: []\n  zones: []\n",
        "servers:\n- zones: [{zone: .}]\n  plugins:\n  - parameters: x\n",
        "servers: {zones: 1, plugins: [{name: x}]}\n",
    ],
)
def test_other_servers_are_not_the_charts(values: str) -> None:
    assert documents("values.yaml", values) == []


def test_default_zone_and_no_port() -> None:
    corefile, _ = chart("servers:\n- zones: []\n  plugins:\n  - name: errors\n")
    assert corefile.text == ". {\n    errors\n}\n"
    assert len(parse_corefile(corefile.text).servers) == 1
