"""`--markdown`: code blocks are checked where somebody asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.cli import linting
from kpl.cli.options import configured
from support import here as kpl

README = "# DNS\n\n```corefile\n. {\n    forward . 9.9.9.9\n}\n```\n"
FIXED = README.replace("9.9.9.9\n", "9.9.9.9\n    cache 30\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/dns.md").write_text(README)
    (tmp_path / "docs/notes.md").write_text("# Notes\n")
    (tmp_path / "main.go").write_text("package main\n")
    return tmp_path


def test_markdown_is_not_looked_at_unless_asked_for(tree: Path) -> None:
    assert b"Nothing was checked" in kpl(tree, "lint").stdout
    done = kpl(tree, "lint", "--markdown", "--format", "concise")
    assert done.stdout.decode().startswith("docs/dns.md:5:5: warning KPL201")
    assert (
        b"1 file checked (1 Markdown); not checked: 1 with an unrelated name, 1 without relevant content."
        in done.stdout
    )
    assert kpl(tree, "lint", "--markdown", "docs/dns.md").returncode == 1
    assert kpl(tree, "lint", "docs/dns.md").returncode == 2
    assert kpl(tree, "lint", "--as", "markdown", "docs/dns.md").returncode == 1


def test_it_is_fixed_and_listed(tree: Path) -> None:
    assert b"docs/dns.md: Markdown with 1 Corefile" in kpl(tree, "files", "--markdown").stdout
    assert kpl(tree, "fix", "--markdown").returncode == 0
    assert (tree / "docs/dns.md").read_text() == FIXED
    assert (tree / "docs/notes.md").read_text() == "# Notes\n"


def test_two_processes_read_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        (tree / f"docs/{number}.md").write_text(README)
    options = {
        "as_kind": None,
        "no_cache": True,
        "no_context": True,
        "no_config": True,
        "config": None,
        "markdown": True,
    }
    found = []
    for much in (False, True):
        monkeypatch.setattr(linting, "is_much", lambda _, much=much: much)
        result, coverage = linting.lint_files([str(tree)], configured(options, [str(tree)]), None, options)
        found.append(
            ([(each.path, each.span, each.code, each.fix) for each in result.findings], dict(coverage.checked))
        )
    assert found[0] == found[1]
    assert len(found[0][0]) == 41


def test_it_is_verified_where_somebody_asks_for_it(tree: Path) -> None:
    (tree / "docs/dns.md").write_text(README.replace("9.9.9.9", "9.9.9.9\n    erors"))
    done = kpl(tree, "verify", "--markdown")
    assert (done.returncode, done.stdout.startswith(b"docs/dns.md:6:5: refuses")) == (1, True)
    assert kpl(tree, "verify").stdout.startswith(b"Found no configurations.")
    assert kpl(tree, "verify", "docs/dns.md").returncode == 2
    # then each file is one configuration
    assert b"1 Corefile" in kpl(tree, "verify", "--as", "corefile", "--markdown", "docs/notes.md").stdout
