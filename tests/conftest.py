from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from kpl import troubles

# a busy machine is no fault
settings.register_profile("kpl", deadline=None)
settings.load_profile("kpl")

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

# each test that starts kpl would compile all of it again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes that a test makes may hold the time (gzip does), and each process must find the same names of tests."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A rule that raises has no findings, so a test of silence would pass: what was noted fails the test."""
    troubles.forget()
    yield
    noted = [str(trouble) for trouble in troubles.noted().values()]
    troubles.forget()
    if not item.get_closest_marker("troubles"):
        assert noted == []
