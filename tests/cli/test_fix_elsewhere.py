"""Fixes with edits in several files, on the disk: written together, found by two processes, not kept in the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kpl.cache import Cache
from kpl.cli import caching, fix, linting, load
from kpl.cli.load import Inputs
from kpl.errors import UsageError
from kpl.fix.fixer import Outcome, fix_texts
from kpl.fix.write import Change, replace_files
from kpl.inputs.coverage import Coverage
from kpl.lint.located import Result
from kpl.lint.rule import Rule
from kpl.report.records import record
from renames import BOTH, FIXED, SERVICE, TWIN, InTheTwin, OnlyThese, Renames, settings
from support import kpl, readings


def written(tmp_path: Path, *classes: type[Rule]) -> tuple[Inputs, Outcome]:
    """Files on the disk, and what fixing came to."""
    for name, text in {**BOTH, "c.yaml": TWIN}.items():
        (tmp_path / name).write_text(text)
    texts = {str(tmp_path / name): text for name, text in BOTH.items()}
    read = readings(texts)
    return Inputs(read, Coverage()), fix_texts(read, settings(*classes), unsafe=False)


def test_files_are_written_together(tmp_path: Path) -> None:
    inputs, outcome = written(tmp_path)
    assert fix._write_files(inputs, outcome) == []
    assert {name: (tmp_path / name).read_text() for name in BOTH} == FIXED


@pytest.mark.parametrize("name", BOTH)
def test_a_file_that_changed_meanwhile_keeps_all_from_being_written(name: str, tmp_path: Path) -> None:
    inputs, outcome = written(tmp_path)
    (tmp_path / name).write_text("changed\n")
    (problem,) = fix._write_files(inputs, outcome)
    assert problem.startswith(f"{tmp_path / name}: changed while kpl was running, so it was not written; ")
    assert problem.endswith(f"{tmp_path / 'twin.yaml'} have fixes in common, so none of them was written")
    assert {each: (tmp_path / each).read_text() for each in BOTH} == {**BOTH, name: "changed\n"}
    assert (outcome.changed, outcome.applied) == ([], [])


def test_a_finding_whose_edits_elsewhere_are_not_written_is_not_fixed(tmp_path: Path) -> None:
    inputs, outcome = written(tmp_path, InTheTwin)
    assert len(outcome.applied) == 1
    (tmp_path / "twin.yaml").write_text("changed\n")
    assert len(fix._write_files(inputs, outcome)) == 1
    assert outcome.applied == []


def test_many_files_of_one_folder_are_written_together(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / name).write_bytes(b"old")
    replace_files([Change(str(tmp_path / name), b"old", name.encode()) for name in "abcd"])
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {name: name for name in "abcd"}


def test_a_rename_that_fails_takes_the_first_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, outcome = written(tmp_path)
    replace = os.replace

    def fails(source: str, target: str) -> None:
        if target.endswith("twin.yaml") and source.endswith("new"):
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails)
    (problem,) = fix._write_files(inputs, outcome)
    assert "twin.yaml: Input/output error; " in problem
    assert {name: (tmp_path / name).read_text() for name in BOTH} == BOTH
    assert sorted(os.listdir(tmp_path)) == ["c.yaml", *sorted(BOTH)]


def test_two_names_of_one_file_are_not_written_over_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError, match="changed while"):
        replace_files([Change(str(tmp_path / name), b"old", name.encode()) for name in "ab"])
    assert (tmp_path / "a").read_bytes() == b"old"


OPTIONS: dict[str, Any] = {
    "as_kind": None,
    "stdin_filename": None,
    "no_cache": True,
    "no_context": False,
    "no_config": True,
    "config": None,
}


def lint_here(*paths: str, **options: Any) -> Result:
    return linting.lint_files(paths or ["."], settings(), None, {**OPTIONS, **options})[0]


def shown(result: Result) -> list[dict[str, Any]]:
    return [record(each) for each in result.findings]


def test_two_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        (tmp_path / f"{number}.yaml").write_text(SERVICE.format("old" if number % 3 == 0 else "twin"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(linting, "can_fork", lambda: False)
    alone = shown(lint_here())
    assert [len(each["fix"]["edits"]) for each in alone] == [5, 5]
    monkeypatch.setattr(load, "PARALLEL_FILES", 1)
    monkeypatch.setattr(linting, "can_fork", lambda: True)
    if hasattr(os, "fork"):
        assert shown(lint_here()) == alone


def test_context_is_not_edited_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in BOTH.items():
        (tmp_path / name).write_text(text)
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    assert [each["fix"] for each in shown(lint_here("old.yaml"))] == [None]
    assert [each["fix"] is None for each in shown(lint_here("old.yaml", "twin.yaml"))] == [False]


def test_findings_with_edits_elsewhere_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("kpl_rules.renames_for_a_test")
    vars(module)["Renames"] = Renames
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(OnlyThese, "module", module.__name__)
    monkeypatch.setattr(caching, "_version", lambda: "a wheel")
    monkeypatch.setenv("KPL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("kpl.cli.context.FEWEST_CACHED", 1)
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    for name, text in BOTH.items():
        Path(name).write_text(text, encoding="utf-8")
    kept: list[str] = []
    keep = Cache.keep_findings

    def noted(cache: Any, path: str, found: Any) -> None:
        kept.append(path)
        keep(cache, path, found)

    monkeypatch.setattr(Cache, "keep_findings", noted)
    first = lint_here(no_cache=False)
    assert [each.fix is not None for each in first.findings] == [True]
    Path("twin.yaml").write_text(f"# kpl: ignore-file[T1] as it is\n{TWIN}", encoding="utf-8")
    second = lint_here(no_cache=False)
    assert [each.fix for each in second.findings] == [None]
    Path("twin.yaml").write_text(TWIN, encoding="utf-8")
    assert shown(lint_here(no_cache=False)) == shown(first)
    assert set(kept) == {"twin.yaml"}


RULE = '''
from kpl import Bad, Cluster, Edit, Fix, Good, Rule, Severity, Stop, files
from kpl.manifests import Service

SERVICE = "apiVersion: v1\\nkind: Service\\nmetadata:\\n  name: {}\\nspec:\\n  clusterIP: None\\n"


class Renames(Rule):
    """A Service is called `old`."""

    code, name, stop, severity, since = "ACME1", "renames", Stop.COREDNS, Severity.WARNING, "1"
    examples = (
        Bad(
            files(**{"old.yaml": SERVICE.format("old"), "twin.yaml": SERVICE.format("twin")}),
            flags=["old"],
            fixed=SERVICE.format("new"),
            also={"twin.yaml": SERVICE.format("new-twin")},
        ),
        Good(files(**{"old.yaml": SERVICE.format("new")})),
    )

    def check(self, service: Service, cluster: Cluster):
        if service.name == "old":
            twins = [(at, (Edit(*each.name.span, "new-twin"),)) for at, each in cluster.of(Service) if each.name == "twin"]
            edits = (Edit(*service.name.span, "new"),)
            yield self.finding(service.name.span, "m", help="Rename it.", fix=Fix("Rename", edits, elsewhere=tuple(twins)))
'''


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs kpl in the folder `work` of `tmp_path`, with the rule above installed as a plug-in."""
    package, information = tmp_path / "site" / "acme_rules", tmp_path / "site" / "acme-1.0.dist-info"
    for folder in (package, information, tmp_path / "work"):
        folder.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "renames.py").write_text(RULE)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[kpl.rules]\nacme = acme_rules\n")
    for name, text in BOTH.items():
        (tmp_path / "work" / name).write_text(text)

    def run(*words: str) -> tuple[int, str, str]:
        path = os.pathsep.join([str(tmp_path / "site"), *(each for each in sys.path if each)])
        done = kpl(tmp_path / "work", *words, PYTHONPATH=path)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def test_a_plug_in_fixes_several_files(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, out, _ = run("lint", "--select", "ACME1", "--format", "jsonl")
    (finding,) = map(json.loads, out.splitlines())
    assert (code, [each.get("path") for each in finding["fix"]["edits"]]) == (1, [None, "twin.yaml"])
    code, out, _ = run("fix", "--select", "ACME1", "--diff")
    assert (code, out.count("+++ "), out.count("\n+  name: new")) == (0, 2, 2)
    code, _, err = run("fix", "--select", "ACME1")
    assert (code, err.splitlines()[0]) == (0, "Fixed 1 problem in 2 files.")
    assert {name: (tmp_path / "work" / name).read_text() for name in BOTH} == FIXED
    assert run("test", "acme_rules")[:2] == (0, "2 examples passed\n")
    page = run("explain", "ACME1")[1]
    assert "# old.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: new\n" in page
    assert "# twin.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: new-twin\n" in page


def test_why_a_fix_was_not_applied_is_told(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "work" / "twin.yaml").write_text(f"# kpl: ignore-file[ACME1] as it is\n{TWIN}")
    code, _, err = run("fix", "--select", "ACME1")
    why = "it also edits twin.yaml, which suppresses ACME1 there"
    assert code == 0
    assert err.startswith(f"kpl: old.yaml:4:9: ACME1 renames: the fix was not applied because {why}\nNothing to fix.\n")
    assert (tmp_path / "work" / "old.yaml").read_text() == BOTH["old.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="needs a file name with an escape")
def test_the_name_of_another_file_cannot_harm_a_terminal(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "work" / "twin.yaml").rename(tmp_path / "work" / "\x1b[2J.yaml")
    with (tmp_path / "work" / "\x1b[2J.yaml").open("a", encoding="utf-8") as file:
        file.write("# kpl: ignore-file[ACME1]\n")
    assert "also edits \\x1b[2J.yaml, which" in run("fix", "--select", "ACME1")[2]
