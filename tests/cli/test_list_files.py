"""What kpl takes each file for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from growth import MOST, growth
from kpl.cli.files import _listed
from kpl.cli.load import Inputs
from kpl.inputs.coverage import Coverage
from samples import BAD, DUMP, POD
from support import ROOT, readings
from support import here as kpl

SCHEMA = json.loads((ROOT / "linter/kpl/report/files.schema.json").read_text(encoding="utf-8"))
OBJECTS = f"{POD}---\nkind: Service\nmetadata: {{name: a}}\n---\n{POD}"
RENDERED = "apiVersion: v1\nkind: Pod\nmetadata:\n{{- with .m }}\nspec:\n  containers:\n  - name: c\n"
ONLY_TELLS = "not checked, used only for facts about the cluster"
LEFT = "1 with an unrelated name, 3 without relevant content, 2 templates, 1 template in part"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in {
        "apps/cart.yaml": OBJECTS,
        "apps/kustomization.yaml": "resources: [cart.yaml]\n",
        "Corefile": BAD,
        "zone.server": BAD,
        "README.md": "# Notes\n",
        "broken.yaml": f"kind: Node\n---\n{POD}x: [\n",
        "empty.yaml": "",
        "half.yaml": f"{POD}---\n{RENDERED}",
        "node.txt": DUMP,
        "other.yaml": "a: b\n",
        "partial.yaml": "kind: Pod\nspec: {containers: []}\n",
        "template.yaml": RENDERED,
        "written.yaml": RENDERED.replace("with .m", "toYaml .m"),
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_each_file_is_one_line_with_what_it_holds_and_why(tree: Path) -> None:
    done = kpl(tree, "files")
    assert done.stdout.decode().splitlines() == [
        "Corefile: Corefile with 1 Corefile (recognized by its name)",
        "README.md: not checked: it has a name that kpl does not read",
        "apps/cart.yaml: YAML with 2 Workload, 1 Service (recognized by kind and apiVersion)",
        f"apps/kustomization.yaml: YAML with 1 Kustomization (recognized by its name); {ONLY_TELLS}",
        "broken.yaml: YAML with 1 NodeObject, 1 unparsed part (recognized by kind and apiVersion)",
        "empty.yaml: not checked: it is empty",
        "half.yaml: YAML with 1 Workload (recognized by kind and apiVersion)",
        "half.yaml:11: not checked: it contains a document that is a template that must be rendered first",
        "node.txt: iptables-save with 1 Ruleset (recognized by its name and content)",
        "other.yaml: not checked: it contains nothing that kpl checks",
        "partial.yaml: YAML with nothing that kpl checks (recognized by its content)",
        "template.yaml: not checked: it is a template that must be rendered first",
        "written.yaml: YAML with 1 Workload (recognized by kind and apiVersion)",
        "written.yaml:4: checked in part: it contains a document that is a template that must be rendered first",
        "zone.server: Corefile with 1 Corefile (recognized by its name and content)",
        f"8 files checked (5 YAML, 2 Corefile, 1 iptables-save); not checked: {LEFT}.",
    ]
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_last_line_is_that_of_lint(tree: Path) -> None:
    last = kpl(tree, "files").stdout.splitlines()[-1]
    assert last == kpl(tree, "lint").stdout.splitlines()[-1]


def test_json_says_the_same_and_counts_it(tree: Path) -> None:
    shown = json.loads(kpl(tree, "files", "--format", "json").stdout)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(shown)
    by_path = {each.pop("path"): each for each in shown["files"]}
    assert len(by_path) == 13
    assert by_path["apps/cart.yaml"] == {
        "kind": "yaml",
        "recognized_by": "objects",
        "checked": True,
        "holds": {"Workload": 2, "Service": 1},
        "skipped": [],
    }
    assert by_path["template.yaml"] == {
        "kind": "yaml",
        "recognized_by": "content",
        "checked": False,
        "holds": {},
        "skipped": [
            {"line": None, "reason": "template", "message": "not checked: it is a template that must be rendered first"}
        ],
    }
    part = "checked in part: it contains a document that is a template that must be rendered first"
    assert by_path["written.yaml"]["skipped"] == [{"line": 4, "reason": "template-in-part", "message": part}]
    assert [each["reason"] for each in by_path["README.md"]["skipped"]] == ["other-name"]
    assert (by_path["README.md"]["kind"], by_path["README.md"]["recognized_by"]) == (None, None)
    assert by_path["broken.yaml"]["holds"] == {"NodeObject": 1, "ParseFailure": 1}
    assert by_path["half.yaml"]["skipped"][0]["line"] == 11
    assert not by_path["apps/kustomization.yaml"]["checked"]
    assert shown["counts"] == {
        "checked": {"yaml": 5, "corefile": 2, "iptables-save": 1},
        "holds": {"Workload": 4, "Corefile": 2, "Service": 1, "Kustomization": 1, "NodeObject": 1, "ParseFailure": 1, "Ruleset": 1},
        "skipped": {"other-name": 1, "nothing": 3, "template": 2, "template-in-part": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "stdin", "line"),
    [
        (("zone",), b"", "zone: Corefile with 1 Corefile (recognized by its content)"),
        (("-",), DUMP.encode(), "<stdin>: iptables-save with 1 Ruleset (recognized by its content)"),
        (("--as", "corefile", "-"), b"log\n", "<stdin>: Corefile with 1 Corefile (recognized by `--as`)"),
        (("--as", "yaml", "-"), POD.encode(), "<stdin>: YAML with 1 Workload (recognized by kind and apiVersion)"),
        (("node.json",), b"", "node.json: nft -j list ruleset with 1 NftRuleset (recognized by its content)"),
    ],
)
def test_what_a_file_is_recognized_by(tmp_path: Path, words: tuple[str, ...], stdin: bytes, line: str) -> None:
    (tmp_path / "zone").write_text(BAD)
    (tmp_path / "node.json").write_text('{"nftables": [{"metainfo": {"version": "1.0.9"}}]}')
    assert kpl(tmp_path, "files", *words, stdin=stdin).stdout.decode().splitlines()[0] == line


def test_the_configuration_excludes(tree: Path) -> None:
    (tree / ".kpl.yaml").write_text("exclude: [apps/**]\n")
    assert b"apps/cart.yaml: not checked: it is excluded by the configuration\n" in kpl(tree, "files").stdout
    assert b"excluded" not in kpl(tree, "files", "--no-config").stdout


def test_a_named_input_in_which_nothing_is_checked_is_an_error(tree: Path) -> None:
    done = kpl(tree, "files", "other.yaml")
    assert done.returncode == 2
    assert b"kpl: error: other.yaml was not checked: it contains nothing that kpl checks" in done.stderr
    assert kpl(tree, "files", "--allow-empty", "other.yaml").returncode == 0
    assert kpl(tree, "files", "absent").returncode == 2


def test_what_a_name_would_do_to_a_terminal_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "a\x1b.yaml").write_text(POD)
    assert kpl(tmp_path, "files").stdout.startswith(b"a\\x1b.yaml: YAML with 1 Workload")


def test_many_files_take_as_many_times_as_long() -> None:
    def make(size: int) -> Inputs:
        return Inputs(readings({f"{number}.yaml": OBJECTS for number in range(size)}), Coverage())

    assert growth(lambda inputs: _listed(inputs, None), make, 200) < MOST


def test_settings_of_the_network_are_listed_and_checked_where_rules_compare_them(tmp_path: Path) -> None:
    (tmp_path / "10-pods.conflist").write_text('{"cniVersion": "1.0.0", "plugins": [{"type": "portmap"}]}\n')
    pool = "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: pods}\nspec: {cidr: 10.244.0.0/16}\n"
    (tmp_path / "pool.yaml").write_text(pool)
    done = kpl(tmp_path, "files")
    assert done.stdout.decode().splitlines() == [
        f"10-pods.conflist: CNI configuration with 1 CniSettings (recognized by its name and content); {ONLY_TELLS}",
        "pool.yaml: YAML with 1 CalicoSettings (recognized by kind and apiVersion)",
        "1 file checked (1 YAML); not checked: 1 without relevant content.",
    ]
    assert kpl(tmp_path, "lint", "10-pods.conflist").returncode == 2
