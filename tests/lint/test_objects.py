"""Findings name the object that they are in, and the template that it was rendered from."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from growth import MOST, growth
from kpl.inputs.objectname import ObjectName
from kpl.lint.located import Located, locate
from kpl.lint.registry import entries
from kpl.lint.settings import Settings
from kpl.report.records import record
from kpl.report.screen import render
from kpl.text.span import Span
from samples import BAD, config_map, documents, indented
from support import run

CONTAINERS = (
    "containers: [{name: c, image: 'nginx:1.29-alpine'}], dnsConfig: {options: [{name: single-request-reopen}]}"
)
POD = f"spec: {{{CONTAINERS}}}\n"
DEPLOYMENT = f"spec: {{template: {{spec: {{{CONTAINERS}}}}}}}\n"
COREFILE = f"|\n{indented(BAD, 4)}"
SOURCE = "# Source: web/templates/cart.yaml\n"


def found(files: Mapping[str, str], rule: str = "resolver-option-has-no-effect") -> list[Located]:
    return run(files, (rule,)).findings


@pytest.mark.parametrize(
    ("head", "body", "name", "shown"),
    [
        ("kind: Pod\nmetadata: {name: a, namespace: shop}\n", POD, ("Pod", "shop", "a"), " in Pod shop/a"),
        ("kind: Deployment\nmetadata: {name: a}\n", DEPLOYMENT, ("Deployment", "", "a"), " in Deployment a"),
        ("kind: Acme\nmetadata: {name: a}\n", DEPLOYMENT, ("Acme", "", "a"), " in Acme a"),
        ("kind: Pod\n", POD, ("Pod", "", ""), ""),
        ("kind: Pod\nmetadata: {generateName: a}\n", POD, ("Pod", "", ""), ""),
        ("kind: Pod\nmetadata: {name: \"a\\nb\", namespace: '##[x]'}\n", POD, ("Pod", "##[x]", "a\nb"), r" in Pod \x23#[x]/a\nb"),
        (f"kind: Pod\nmetadata: {{name: {'a' * 500}}}\n", POD, ("Pod", "", "a" * 500), f" in Pod {'a' * 152}…"),
    ],
)  # fmt: skip
def test_the_object_is_named(head: str, body: str, name: tuple[str, str, str], shown: str) -> None:
    (one,) = found({"a.yaml": head + body})
    assert one.object == ObjectName(*name)
    assert record(one)["object"] == dict(
        zip(("kind", "namespace", "name"), (each or None for each in name), strict=True)
    )
    assert "template" not in record(one)
    assert render(one, color=False).split("\n")[0].partition("has-no-effect")[2] == shown


def test_each_object_of_a_list_is_named() -> None:
    items = "".join(f"- {{kind: Pod, metadata: {{name: {name}}}, {POD.strip()}}}\n" for name in "ab")
    findings = found({"a.yaml": f"kind: List\nitems:\n{items}---\nkind: Pod\nmetadata: {{name: c}}\n{POD}"})
    assert [str(each.object) for each in findings] == ["Pod a", "Pod b", "Pod c"]


def test_an_object_of_a_list_that_names_the_kind_once_has_that_kind() -> None:
    read = documents("a.yaml", "kind: ServiceList\nitems: [{metadata: {name: a, namespace: shop}}]\n")
    assert [str(each.object) for each in read] == ["Service shop/a"]


def test_a_document_that_nobody_has_read_yet_is_read_for_its_name() -> None:
    (document,) = documents("a.yaml", f"{SOURCE}kind: Pod\nmetadata: {{name: a}}\n{POD}")
    assert document.object is None
    rule = next(each for each in entries() if each.name == "resolver-option-has-no-effect").load()()
    one = locate(rule.finding(Span(0, 1), "m"), document, Settings())
    assert (str(one.object), one.template) == ("Pod a", "web/templates/cart.yaml")


def test_what_is_in_a_config_map_is_in_that_object() -> None:
    (one,) = found({"a.yaml": config_map(COREFILE)}, "missing-cache")
    assert str(one.object) == "ConfigMap kube-system/coredns"
    escaped = config_map('". { # kpl: ignore[no-such-rule] slow\\n    forward . 9.9.9.9\\n    cache\\n}\\n"\n')
    (idle,) = found({"a.yaml": escaped}, "unused-suppression")
    assert (idle.code, str(idle.object)) == ("KPL002", "ConfigMap kube-system/coredns")


def test_what_is_in_no_object_names_none() -> None:
    (one,) = found({"Corefile": BAD}, "missing-cache")
    assert (one.object, one.template, record(one)["object"]) == (None, "", None)
    assert render(one, color=False).split("\n")[0].endswith(" missing-cache")


@pytest.mark.parametrize(
    ("comment", "template"),
    [
        (SOURCE, "web/templates/cart.yaml"),
        (f"---\n{SOURCE}", "web/templates/cart.yaml"),
        (f"# by hand\n\n---\n# more\n  # and more\n{SOURCE}", "web/templates/cart.yaml"),
        (f"---\r\n{SOURCE}".replace(".yaml\n", ".yaml\r\n"), "web/templates/cart.yaml"),
        (
            "---\n# Source: web/charts/redis/charts/common/templates/a/b.yaml\n",
            "web/charts/redis/charts/common/templates/a/b.yaml",
        ),
        ("# Source: https://example.org/templates/cart.yaml\n", ""),
        ("# Source: web/cart.yaml\n", ""),
        ("# Source: web/templates/cart.yaml of March\n", ""),
        ("# Source: /templates/cart.yaml\n", ""),
        ("a: b # Source: web/templates/cart.yaml\n", ""),
        (f"a: b\n{SOURCE}", ""),
    ],
)
def test_a_comment_of_helm_tells_the_template(comment: str, template: str) -> None:
    (one,) = found({"a.yaml": f"{comment}kind: Pod\nmetadata: {{name: a}}\n{POD}"})
    assert one.template == template
    assert record(one).get("template", "") == template
    shown = f" in Pod a, from {template}" if template else " in Pod a"
    assert render(one, color=False).split("\n")[0].partition("has-no-effect")[2] == shown


def test_each_document_has_its_own_template() -> None:
    rendered = f"---\n{SOURCE}kind: Pod\nmetadata: {{name: a}}\n{POD}"
    plain = f"---\nkind: Pod\nmetadata: {{name: b}}\n{POD}"
    named = [(str(each.object), each.template) for each in found({"a.yaml": rendered + plain})]
    assert named == [("Pod a", "web/templates/cart.yaml"), ("Pod b", "")]


def test_a_document_that_does_not_parse_has_its_template() -> None:
    (one,) = found({"a.yaml": f"---\n{SOURCE}kind: Pod\nspec:\n  containers: [\n"}, "KPL001")
    assert (one.object, one.template) == (None, "web/templates/cart.yaml")
    assert " from web/templates/cart.yaml\n" in render(one, color=False)


@pytest.mark.parametrize(
    "line", ["# a\n", "# a\r\n", "#\r", "\r\n", "  \n", "# Source: a/templates/b c\n", "---\n# a\n"]
)
def test_looking_for_the_comment_grows_with_the_text(line: str) -> None:
    def make(size: int) -> str:
        return line * size + f"kind: Pod\nmetadata: {{name: a}}\n{POD}"

    assert growth(lambda text: [each.model for each in documents("a.yaml", text)], make) < MOST


@pytest.mark.parametrize("name", ["a/templates/" * 200 + "b", "a/charts/" * 400, "x" * 4000])
def test_a_long_path_is_no_trouble(name: str) -> None:
    (one,) = found({"a.yaml": f"# Source: {name}\nkind: Pod\nmetadata: {{name: a}}\n{POD}"})
    assert one.template in (name, "")
