"""What several tests need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from kpl.inputs.read import identify
from kpl.lint.engine import lint
from kpl.lint.located import Result
from kpl.lint.settings import Settings
from kpl.testing.examples import facts as facts
from kpl.testing.examples import readings as readings
from kpl.testing.examples import refused as refused
from kpl.testing.examples import underlined as underlined
from kpl.verify.configurations import Contents, contents

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs the files, signals and shells of POSIX")


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


def commands(group: click.Group, above: click.Context | None = None) -> Iterator[click.Context]:
    """Each command below `group`, and the groups, with a context in which it can be asked for its help."""
    ctx = click.Context(group, parent=above, info_name=group.name, **(group.context_settings if above is None else {}))
    yield ctx
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, ctx)
        else:
            yield click.Context(command, parent=ctx, info_name=name)
