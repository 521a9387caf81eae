from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings

from kpl import troubles
from support import Done

# a busy machine is no fault
settings.register_profile("kpl", deadline=None)
settings.load_profile("kpl")

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

# each test that starts kpl would compile all of it again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class _Left(BaseException):
    pass


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs `kpl` in `tmp_path` and in this process, a dozen times as fast as `support.kpl`; its streams are pytest's."""
    from kpl.cli import main as module

    def leave(code: int) -> None:
        raise _Left(code)

    def run(*words: str, stdin: bytes = b"") -> Done:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["kpl", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        monkeypatch.setattr(module, "prepare", lambda: None)
        monkeypatch.setattr(os, "_exit", leave)
        capsys.readouterr()
        with pytest.raises(_Left) as left:
            module.main()
        gc.enable()  # which each command switches off
        troubles.forget()
        return Done(left.value.args[0], *capsys.readouterr())

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A rule that raises has no findings, so a test of silence would pass: what was noted fails the test."""
    troubles.forget()
    yield
    noted = [str(trouble) for trouble in troubles.noted().values()]
    troubles.forget()
    if not item.get_closest_marker("troubles"):
        assert noted == []
