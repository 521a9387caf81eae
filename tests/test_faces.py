"""The modules that rules import from."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import kpl

PACKAGE = Path(kpl.__file__).parent
FACES = ["kpl", "kpl.corefiles", "kpl.dumps", "kpl.edits", "kpl.iptables", "kpl.kubeproxy", "kpl.manifests", "kpl.nft"]
FACES += ["kpl.poddns", "kpl.words"]


def told_to_type_checkers(face: str) -> dict[str, str]:
    """The names that `face` imports for type checkers, and where from."""
    path = import_module(face).__file__
    (block,) = (node for node in ast.parse(Path(path or "").read_text()).body if isinstance(node, ast.If))
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


def test_all_faces_are_tested() -> None:
    lazy = {f"kpl.{path.stem}" for path in PACKAGE.glob("*.py") if "lazy(" in path.read_text() and path.stem != "lazy"}
    assert {face.replace("kpl.__init__", "kpl") for face in lazy} == set(FACES)


def test_faces_import_nothing_until_a_name_is_asked_for() -> None:
    code = f"import sys, {', '.join(FACES)}\nprint(*(name for name in sys.modules if name.startswith('kpl')))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {*FACES, "kpl.lazy"}
