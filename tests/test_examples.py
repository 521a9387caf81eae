"""The examples show every rule, and nothing fixable is left in examples/shop after the fixes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from kpl.lint.registry import entries
from support import ROOT

SHOP = ROOT / "examples" / "shop"


def _kpl(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "kpl", *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_the_examples_show_every_rule() -> None:
    shown = "".join(
        _kpl("lint", "--format", "concise", f"examples/{name}", cwd=ROOT).stdout for name in ("shop", "broken", "nodes")
    )
    assert [entry.code for entry in entries() if f" {entry.code} [" not in shown] == []


def test_fixes_leave_nothing_fixable(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path / "shop")
    fixed = _kpl("fix", "--unsafe-fixes", ".", cwd=tmp_path / "shop")
    assert fixed.returncode == 0, fixed.stderr
    again = _kpl("fix", "--unsafe-fixes", "--check", ".", cwd=tmp_path / "shop")
    assert (again.returncode, again.stderr.splitlines()[0]) == (0, "Nothing to fix.")
    assert "can be fixed" not in _kpl("lint", ".", cwd=tmp_path / "shop").stdout
