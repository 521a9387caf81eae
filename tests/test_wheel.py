"""The wheel: what a user has."""

from __future__ import annotations

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
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    return folder / "bin"


def test_wheel_carries_fresh_parsers_and_the_index(wheel: Path) -> None:
    sys.path.insert(0, str(ROOT))
    import hatch_build

    from kpl_grammars import GRAMMARS

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for grammar in GRAMMARS:
            generated = archive.read(f"kpl_grammars/_generated/{grammar}.py").decode()
            assert generated.startswith(hatch_build.origin(grammar)), f"{grammar} was made from another grammar"
        assert archive.read("kpl_rules/_index.py").decode() == hatch_build.rule_index()
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


def test_version_is_told(installed: Path) -> None:
    from kpl import __version__

    told = subprocess.run([str(installed / "kpl"), "--version"], capture_output=True, text=True, check=True)
    assert told.stdout == f"kpl {__version__}\n"
