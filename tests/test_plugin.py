"""examples/plugin, installed as a user installs it, and what ``kpl test`` says of packages of rules."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from kpl import Stop
from support import ROOT, kpl

PLUGIN = ROOT / "examples" / "plugin"
RULE = PLUGIN / "acme_rules" / "foreign_upstream.py"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed the package into."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--target", folder, PLUGIN], check=True)
    return folder


def run(site: Path, folder: Path, *words: str) -> tuple[int, str, str]:
    path = os.pathsep.join([str(site), *(each for each in sys.path if each)])
    done = kpl(folder, *words, PYTHONPATH=path)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.slow
def test_an_installed_package_lists_lints_fixes_and_tests(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(". {\n    forward . 9.9.9.9\n    cache 30\n}\n")
    code, rules, _ = run(installed, tmp_path, "rules", "--format", "json")
    assert code == 0
    assert [each["name"] for each in json.loads(rules) if each["code"] == "ACME101"] == ["foreign-upstream"]
    code, found, _ = run(installed, tmp_path, "lint", "--no-config", "--format", "jsonl", "Corefile")
    (finding,) = map(json.loads, found.splitlines())
    assert (code, finding["code"], finding["line"], finding["column"]) == (1, "ACME101", 2, 15)
    code, told, _ = run(installed, tmp_path, "test", "acme_rules")
    assert (code, told) == (0, "6 examples passed\n")
    code, page, _ = run(installed, tmp_path, "explain", "ACME101")
    assert code == 0
    assert "stop: ACME's network" in page
    assert run(installed, tmp_path, "fix", "--no-config", "--unsafe-fixes", "Corefile")[0] == 0
    assert "10.0.0.53" in (tmp_path / "Corefile").read_text()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An installed distribution with one rule, that of the example."""
    site = tmp_path / "site"
    package = site / "acme_rules"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "foreign_upstream.py").write_text(RULE.read_text())
    information = site / "acme-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[kpl.rules]\nacme = acme_rules\n")
    return site


def test_v_lists_each_example(site: Path) -> None:
    code, told, _ = run(site, site, "test", "-v", "acme_rules.foreign_upstream")
    assert code == 0
    kinds = ["Bad", "Bad", "Good", "Good", "Good", "Good"]
    lines = [f"ok    ACME101 foreign-upstream, example {number} ({kind})" for number, kind in enumerate(kinds, 1)]
    assert told.splitlines() == [*lines, "6 examples passed"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('flags=["9.9.9.9"]', 'flags=["8.8.8.8"]', "1 (Bad): expected '8.8.8.8' to be flagged, not '9.9.9.9'"),
        ('flags=["9.9.9.9"]', "flags=[]", "1 (Bad): a Bad example needs `flags`, the texts that the rule underlines"),
        ('% "10.9.9.9"', '% "8.8.8.8"', "4 (Good): expected nothing to be flagged, not '8.8.8.8'"),
        (
            'Good(corefile(_COREFILE % "10.9.9.9"))',
            'Good(corefile(". {\\n    forward . 10.9.9.9\\n}\\n"))',
            "4 (Good): expected no finding of `missing-cache`, because `other` does not name it",
        ),
        (
            'fixed=_COREFILE % "10.0.0.53"',
            'fixed=_COREFILE % "10.0.0.54"',
            (
                "1 (Bad): expected Corefile to be '. {\\n    forward . 10.0.0.54\\n    cache 30\\n}\\n' after the fix, "
                "not '. {\\n    forward . 10.0.0.53\\n    cache 30\\n}\\n'"
            ),
        ),
        (
            '% "10.0.0.53", safe=False',
            '% "10.0.0.53"',
            "1 (Bad): expected a safe fix of Corefile to '. {\\n    forward . 10.0.0.53\\n    cache 30\\n}\\n', not None",
        ),
        (
            "own[0]),), safe=False",
            "own[0]),), safe=True",
            (
                "1 (Bad): expected no safe fix of Corefile, but without --unsafe-fixes it becomes "
                "'. {\\n    forward . 10.0.0.53\\n    cache 30\\n}\\n'"
            ),
        ),
        (
            "Edit(*upstream.span, own[0])",
            'Edit(*upstream.span, "8.8.8.8")',
            "1 (Bad): expected the fix of `foreign-upstream` to pass verification, but",
        ),
        ('% "9.9.9.9"), flags', '% "10.9.9.9 "), flags', "1 (Bad): expected '9.9.9.9' to be flagged, not nothing"),
    ],
)
def test_a_broken_promise_is_one_line_and_exit_code_1(site: Path, old: str, new: str, expected: str) -> None:
    module = site / "acme_rules" / "foreign_upstream.py"
    assert old in module.read_text()
    module.write_text(module.read_text().replace(old, new, 1))
    code, told, _ = run(site, site, "test", "acme_rules")
    line, summary = told.splitlines()
    assert line.startswith(f"FAIL  ACME101 foreign-upstream, example {expected}")
    assert (code, summary) == (1, "1 of 6 examples failed")


@pytest.mark.parametrize(("kind", "left"), [("Good", 2), ("Bad", 4)])
def test_a_kind_of_example_that_is_missing_fails(site: Path, kind: str, left: int) -> None:
    module = site / "acme_rules" / "foreign_upstream.py"
    module.write_text(
        f"{module.read_text()}\n\nForeignUpstream.examples = [each for each in ForeignUpstream.examples\n"
        f"    if type(each).__name__ != '{kind}']\n"
    )
    code, told, _ = run(site, site, "test", "acme_rules")
    assert (code, told.splitlines()) == (
        1,
        [f"FAIL  ACME101 foreign-upstream: expected at least one {kind} example", f"1 of {left + 1} examples failed"],
    )


def test_a_package_without_rules_is_wrong_usage(site: Path) -> None:
    code, told, error = run(site, site, "test", "acme")
    assert (code, told) == (2, "")
    assert error == "kpl: no rules are in `acme`; installed packages of rules: `acme_rules`, `kpl_rules`\n"


def test_a_rule_that_raises_is_exit_code_2(site: Path) -> None:
    module = site / "acme_rules" / "foreign_upstream.py"
    module.write_text(module.read_text().replace("own = self.option", "own = self.opt"))
    code, told, error = run(site, site, "test", "acme_rules")
    assert code == 2
    assert told.splitlines()[-1] == "2 of 6 examples failed"
    assert "ACME101 foreign-upstream" in error


def test_a_rule_that_cannot_be_loaded_is_exit_code_2(site: Path) -> None:
    (site / "acme_rules" / "foreign_upstream.py").write_text("from kpl import NoSuchName\n")
    code, _, error = run(site, site, "test", "acme_rules")
    assert code == 2
    assert "foreign_upstream.py cannot be imported" in error


def test_the_examples_of_built_in_rules_are_run_too(tmp_path: Path) -> None:
    done = kpl(tmp_path, "test", "kpl_rules.coredns.missing_cache")
    assert done.returncode == 0
    assert done.stdout.decode().endswith("examples passed\n")


def test_a_rule_may_name_a_stop_of_its_own() -> None:
    built_in = list(Stop)
    own = Stop("the mesh")
    assert own is Stop("the mesh") is pickle.loads(pickle.dumps(own))
    assert (own.value, own == Stop("another"), isinstance(own, Stop)) == ("the mesh", False, True)
    assert list(Stop) == built_in
    for nothing in ("", 2):
        with pytest.raises(ValueError, match="is not a valid Stop"):
            Stop(nothing)
