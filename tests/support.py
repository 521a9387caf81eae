"""What several tests need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kpl.inputs.read import identify
from kpl.lint.engine import Result, lint
from kpl.lint.settings import Settings
from kpl.testing.examples import facts as facts
from kpl.testing.examples import readings as readings
from kpl.testing.examples import refused as refused
from kpl.testing.examples import underlined as underlined
from kpl.verify.configurations import Contents, contents

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


def held(path: str, data: bytes) -> Contents:
    """The configurations in a file that lies in memory."""
    return contents(path, identify(path, data), None)


def run(
    files: Mapping[str, str | bytes], select: tuple[str, ...] = (), known: Mapping[str, Any] | None = None
) -> Result:
    """Lint files that lie in memory."""
    return lint(readings(files), Settings(select=select, facts=facts(known or {})))


def kpl(folder: Path, *words: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in `folder`."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each), **environment}
    return subprocess.run(
        [sys.executable, "-m", "kpl", *words], cwd=folder, input=stdin, env=env, capture_output=True, check=False
    )
