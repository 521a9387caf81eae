"""The wheel: what a user has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from support import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    return scripts


def test_wheel_carries_fresh_parsers_and_indexes(wheel: Path) -> None:
    sys.path.insert(0, str(ROOT))
    import hatch_build

    from kpl_grammars import GRAMMARS

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for grammar in GRAMMARS:
            generated = archive.read(f"kpl_grammars/_generated/{grammar}.py").decode()
            assert generated.startswith(hatch_build.origin(grammar)), f"{grammar} was made from another grammar"
        assert archive.read("kpl_rules/_index.py").decode() == hatch_build.rule_index()
        assert archive.read("kpl/inputs/_index.py").decode() == hatch_build.reader_index()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "kpl",
        "kpl_rules",
        "kpl_grammars",
        "kplint",
    }
    assert any(name.endswith("MPL-2.0.txt") for name in names)


def test_installed_kpl_says_the_same_as_the_checkout(installed: Path) -> None:
    command = ["lint", "--format", "jsonl", "examples/shop"]
    here = subprocess.run(
        [sys.executable, "-m", "kpl", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    there = subprocess.run([str(installed / "kpl"), *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert here.stdout
    assert (there.stdout, there.returncode) == (here.stdout, here.returncode), there.stderr


def test_an_installed_kpl_needs_no_lark(installed: Path) -> None:
    script = (
        "import sys; from kpl_grammars import GRAMMARS, parser; "
        "print(len([parser(each) for each in GRAMMARS]), 'lark' in sys.modules, __import__('importlib.util').util.find_spec('lark'))"
    )
    done = subprocess.run([str(installed / "python"), "-c", script], capture_output=True, text=True, check=True)
    from kpl_grammars import GRAMMARS

    assert done.stdout.split() == [str(len(GRAMMARS)), "False", "None"]


def test_what_pypi_shows_links_to_the_repository(wheel: Path) -> None:
    from kpl import __version__

    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        head, _, text = archive.read(name).decode().partition("\n\n")
        typed = {each.partition("/")[0] for each in archive.namelist() if each.endswith("/py.typed")}
    assert typed == {"kpl", "kpl_rules", "kpl_grammars"}
    targets = re.findall(r"\]\(([^)]*)\)|\b(?:href|src)=[\"']([^\"']*)|^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
    links = ["".join(each) for each in targets]
    assert len(links) > 10
    assert [each for each in links if not each.startswith(("https://", "#"))] == []
    inside = f"https://github.com/kplint/kpl/blob/v{__version__}/"
    files = [each.removeprefix(inside).partition("#")[0] for each in links if each.startswith(inside)]
    assert [each for each in files if not (ROOT / each).exists()] == []
    assert "docs/rules.md" in files
    for label in ("Homepage", "Documentation", "Changelog", "Issues", "Source"):
        assert f"\nProject-URL: {label}, https://" in head


def test_version_is_told(installed: Path) -> None:
    from kpl import __version__

    told = subprocess.run([str(installed / "kpl"), "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == f"kpl {__version__}\n"
