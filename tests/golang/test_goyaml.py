"""YAML as Go reads it for Kubernetes: what sigs.k8s.io/yaml v1.6.0 said of each text, asked as tests/oracle/README.md tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kpl.golang.goyaml.characters import GoYamlError
from kpl.proxy.configuration.verdict.values import json_text
from kpl.proxy.configuration.verdict.yaml_values import JsonError, yaml_document

ROWS = json.loads((Path(__file__).parent / "goyaml.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "value", "error"), ROWS, ids=map(str, range(len(ROWS))))
def test_as_recorded(text: str, value: str | None, error: str | None) -> None:
    if error is None:
        assert json_text(yaml_document(text, "unsupported").value) == value
        return
    with pytest.raises((GoYamlError, JsonError)) as raised:
        yaml_document(text, "unsupported")
    prefix = "yaml: " if isinstance(raised.value, GoYamlError) else ""
    assert f"{prefix}{raised.value}" == error
    if isinstance(raised.value, GoYamlError):
        assert 0 <= raised.value.offset <= len(text)


# where a person sees the fault: the offset is kpl's own
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x: 1\na: b: c", ": c"),
        ("a:\n\tb: c", "\tb"),
        ("a: 'b", ""),
        ('a: "\\q"', "\\q"),
        ('a: "\\x4"', '4"'),
        ("a: *x", "*x"),
        ("a: @b", "@b"),
        ("a: !x!y z", "!x!y"),
        ("x: 1\n]", "]"),
        ("a: |0\n", "0"),
        ("\ufeffa: @", "@"),
        ("a: é @\nb: \x07", "\x07"),
    ],
)
def test_where_a_fault_is(text: str, at: str) -> None:
    with pytest.raises(GoYamlError) as raised:
        yaml_document(text, "unsupported")
    offset = raised.value.offset
    assert text[offset:].startswith(at) if at else offset == len(text)


@pytest.mark.parametrize("opened", ["[", "{a: ", "- "])
def test_the_deepest_that_go_reads(opened: str) -> None:
    for depth, why in (
        (10_000, "found character that cannot start any token"),
        (10_001, "exceeded max depth of 10000"),
    ):
        with pytest.raises(GoYamlError) as raised:
            yaml_document(opened * depth + "@", "unsupported")
        assert str(raised.value) == why
