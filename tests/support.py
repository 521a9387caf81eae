"""What several tests need."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from kpl import troubles
from kpl.cli import main, streams
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


class _LeftError(BaseException):
    pass


def here(folder: Path, *words: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in `folder` as `kpl` does, but in this process, which is a dozen times as fast."""
    out, err = io.BytesIO(), io.BytesIO()
    own, leave = os.getpid(), os._exit

    def left(code: int) -> None:
        if os.getpid() != own:
            leave(code)
        raise _LeftError(code)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["kpl", *words])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        patch.setattr(sys, "stdout", streams._Lines(out, None))  # type: ignore[arg-type]
        patch.setattr(sys, "stderr", streams._Lines(err, None))  # type: ignore[arg-type]
        patch.setattr(main, "prepare", lambda: None)
        patch.setattr(os, "_exit", left)
        with pytest.raises(_LeftError) as ended:
            main.main()
        sys.stdout.flush()
        printed = out.getvalue(), err.getvalue()
    gc.enable()  # which a command switches off
    troubles.forget()
    return subprocess.CompletedProcess(words, ended.value.args[0], *printed)


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
