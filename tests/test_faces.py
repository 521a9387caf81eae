"""The modules that rules import from."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import kpl
from support import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import faces
from faces import FACES

PACKAGE = Path(kpl.__file__).parent


def told_to_type_checkers(face: str) -> dict[str, str]:
    """The names that `face` imports for type checkers, and where from."""
    path = import_module(face).__file__
    (block,) = (
        node for node in ast.parse(Path(path or "").read_text(encoding="utf-8")).body if isinstance(node, ast.If)
    )
    return {
        each.name: node.module or ""
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if each.asname == each.name
    }


@pytest.mark.parametrize("face", FACES)
def test_a_face_has_at_run_time_what_type_checkers_see(face: str) -> None:
    module = import_module(face)
    told = told_to_type_checkers(face)
    assert sorted(module.__all__) == sorted(told)
    for name, home in told.items():
        assert getattr(module, name) is getattr(import_module(home), name)
    with pytest.raises(AttributeError, match=f"module '{face}' has no attribute 'no_such_name'"):
        _ = module.no_such_name


def test_a_name_is_in_one_face_only() -> None:
    names = [name for face in FACES for name in import_module(face).__all__]
    assert len(names) == len(set(names))


def test_the_page_of_the_faces_is_fresh() -> None:
    assert faces.PAGE.read_text(encoding="utf-8") == faces.page(), "run docs/generate.py"


def test_the_page_lists_each_name_of_each_face_with_what_it_is() -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", faces.PAGE.read_text(), re.DOTALL | re.MULTILINE))
    assert list(sections) == list(FACES)
    for face, section in sections.items():
        rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))
        assert sorted(rows) == sorted(import_module(face).__all__)


def test_every_module_of_lazy_names_is_on_the_page() -> None:
    modules = [
        path.relative_to(PACKAGE.parent).with_suffix("")
        for path in PACKAGE.rglob("*.py")
        if "= lazy(" in path.read_text()
    ]
    assert {".".join(each.parts).removesuffix(".__init__") for each in modules} == set(FACES)


def test_faces_import_nothing_until_a_name_is_asked_for() -> None:
    code = f"import sys, {', '.join(FACES)}\nprint(*(name for name in sys.modules if name.startswith('kpl')))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {*FACES, "kpl.lazy"}


@pytest.mark.parametrize("root", ["rules", "examples/plugin"])
def test_rules_import_the_faces_only(root: str) -> None:
    imported = set()
    for path in (ROOT / root).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "kpl":
                imported.add(node.module)
            elif isinstance(node, ast.Import):
                imported |= {each.name for each in node.names if each.name.partition(".")[0] == "kpl"}
    assert imported >= {"kpl", "kpl.corefiles"}
    assert imported <= set(FACES)
