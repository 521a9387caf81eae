"""Objects of Terraform as YAML: each character keeps its place."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kpl.inputs.terraform.hcl import converted, yaml_of
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, compose
from samples import documents
from support import here as kpl


def plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs if isinstance(key, Scalar)}
    if isinstance(node, Sequence):
        return [plain(each) for each in node.items]
    return node.value if isinstance(node, Scalar) else None


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{}", {}),
        ("{\n  a = 1\n\n  b = true, \"c d\" : null\n}", {"a": "1", "b": "true", "c d": "null"}),
        ('{ a = { b = ["x", 2,], c = [] }\n}', {"a": {"b": ["x", "2"], "c": []}}),
        ('{ a = "x\\"y\\nz" }', {"a": 'x"y\nz'}),
        ("{ # one }\n  a = 1 // two }\n  /* three\n } */ b = [ # four\n  3\n  ]\n}", {"a": "1", "b": ["3"]}),
        ('{ a = "${var.x["k"]}.org", b = "$${no}" }', {"a": "${var.x__k__}.org", "b": "$${no}"}),
        # expressions
        ("{ a = var.replicas\n b = 2 }", {"a": "${_______}", "b": "2"}),
        ('{ a = f({ x = "}" }, [1,\n 2])\n b = 2 }', {"a": "${" + "_" * 18 + "}", "b": "2"}),
        ("{ a = [for k in x : k], b = { for k in x :\n k => 1 } }", {"a": "${" + "_" * 11 + "}", "b": "${" + "_" * 19 + "}"}),
        ('{ a = "x" == var.y ? 1 : 2 }', {"a": "${" + "_" * 15 + "}"}),
        ("{ a = 1 + 2 + 3\n b = 10m }", None),
        ("{ a = 1 + 2 + 3\n b = -1.5 }", {"a": "${____}", "b": "-1.5"}),
        ("{ a = <<-EOF\n  b = }\n  EOF\n  c = 1 }", {"a": "${" + "_" * 15 + "}", "c": "1"}),
        ("{ (var.key) = 1 }", {"${____}": "1"}),
        ("{ a = var.bc # it's \"here\n c = 1 }", {"a": "${_}", "c": "1"}),
        ("{ a = f(b # it's \")\n)\n c = 1 }", {"a": "${" + "_" * 10 + "}", "c": "1"}),
        ("{\ta = [\n\t\t1,\r\n\t2 ]\r\n}", {"a": ["1", "2"]}),
        # what YAML cannot have, or what is none
        ("{ a = x }", None),
        ("{ a = {}.b }", None),
        ("{ a=1 }", None),
        ("{ a = 1 b = 2 }", {"a": "${__}"}),
        ("{ a = [1 2] }", None),
        ("{ a = f(1] }", None),
        ('{ a = "x }', None),
        ('{ a = "x\n" }', None),
        ("{ a = <<EOF\n b }", None),
        ("{ a = 1", None),
        ("{ a", None),
        ("{ a = 1 } }", None),
        ("[1]", None),
        ("{ a = " * 60 + "1" + " }" * 60, None),
    ],
)  # fmt: skip
def test_objects(text: str, made: Any) -> None:
    written = yaml_of(text)
    if made is None:
        assert written is None
        return
    assert written is not None
    assert len(written) == len(text)
    assert plain(compose(written)[0]) == made


@pytest.mark.parametrize(
    "text",
    ["{ a = " + "[" * 50_000, "{ a = " + "f(" * 50_000, '{ a = "' + "${" * 50_000, "{" + " # x\n" * 20_000, "{" + "/* " * 30_000,
     "{ a = <<E\n" + " E x\n" * 20_000, "{ " + "a = b.c.d.e\n" * 9_000 + "}", "{ a = 1" + ",\n" * 50_000],
)  # fmt: skip
def test_long_objects_take_no_longer_than_they_are(text: str) -> None:
    def duration(of: str) -> float:
        started = time.perf_counter()
        converted(of, 0)
        return time.perf_counter() - started

    assert duration(text) < 40 * max(duration(text[: len(text) // 8]), 0.002)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("values = yamlencode({ dnsPolicy = {\n", 20_000),
        ("values = yamlencode({ dnsPolicy = x })\n", 20_000),
        ('resource "helm_release" "a" {\nvalues = [yamlencode({ dnsPolicy = "None" })]\n', 2_000),
        ("values = [ ", 20_000),
    ],
)  # fmt: skip
def test_long_files_take_no_longer_than_they_are(line: str, size: int) -> None:
    def duration(number: int) -> float:
        text = line * number
        started = time.perf_counter()
        list(documents("a.tf", text))
        return time.perf_counter() - started

    assert duration(size) < 40 * max(duration(size // 8), 0.01)


RELEASE = """\
resource "helm_release" "web" {
  chart  = "web"
  values = [
    yamlencode({
      server = {
        name      = var.name # the name
        dnsConfig = {
          options = [{ name = "ndots", value = 2 }]
        }
      }
    })
  ]
}
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_findings_stand_where_terraform_has_them_and_are_fixed_there(tmp_path: Any, newline: str) -> None:
    (tmp_path / "web.tf").write_bytes(RELEASE.replace("\n", newline).encode())
    (line,) = [
        each for each in kpl(tmp_path, "lint", "--format", "concise").stdout.decode().splitlines() if "web.tf" in each
    ]
    assert line.startswith("web.tf:8:48: error KPL")
    kpl(tmp_path, "fix", "--unsafe-fixes")
    fixed = (tmp_path / "web.tf").read_bytes().decode()
    assert fixed == RELEASE.replace("\n", newline).replace("value = 2", 'value = "2"')


def test_the_names_of_addons() -> None:
    values = 'configuration_values = jsonencode({ mode = "ipvs" })'
    for text, number in (
        (f'resource "aws_eks_addon" "a" {{\n  {values}\n  addon_name = "kube-proxy"\n}}\n', 1),
        (f"module \"eks\" {{\n  addons = {{\n    kube-proxy = {{\n      {values}\n    }}\n  }}\n}}\n", 1),
        (f"module \"eks\" {{\n  addons = {{\n    \"vpc-cni\" = {{\n      {values}\n    }}\n  }}\n}}\n", 0),
        (f'module "a" {{\n  {values}\n}}\nresource "aws_eks_addon" "b" {{\n  addon_name = "kube-proxy"\n}}\n', 0),
        (f'resource "aws_eks_addon" "b" {{\n  addon_name = "kube-proxy"\n}}\nmodule "a" {{\n  {values}\n}}\n', 0),
        (f'module "a" {{\n  addon_name = "kube-proxy"\n  addon_name = "coredns"\n  {values}\n}}\n', 0),
        (f'resource "aws_eks_addon" "a" {{\n  addon_name = "kube-proxy"\n  # {values}\n}}\n', 0),
    ):  # fmt: skip
        assert [each.kind for each in documents("addons.tf", text)] == ["KubeProxyConfig"] * number, text
