"""What pytest gets: which tests reach which lines, and then those that reach a changed one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

CONTEXT = "MUTATE_CONTEXT"
STARTED_PROCESS = """\
import os

if os.environ.get("MUTATE_CONTEXT"):
    import atexit

    import coverage

    measured = coverage.Coverage(
        data_file=os.environ["MUTATE_DATA"],
        data_suffix=True,
        source=[os.environ["MUTATE_SOURCE"]],
        context=os.environ["MUTATE_CONTEXT"],
        config_file=False,
    )
    # a test may look at all that is printed
    measured.set_option("run:disable_warnings", ["no-data-collected", "module-not-imported", "module-not-measured"])
    leave = os._exit

    def keep():
        measured.stop()
        measured.save()

    def keep_and_leave(code):
        keep()
        leave(code)

    measured.start()
    os._exit = keep_and_leave  # kpl leaves so, which runs nothing that was registered
    atexit.register(keep)
"""


class Measured:
    """Tells coverage the name of the test that runs, and remembers how long each took."""

    def __init__(self, coverage: Any, bears: Callable[[str], bool]) -> None:
        self.coverage = coverage
        self.bears = bears
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self.bears(item.nodeid)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.coverage.switch_context(item.nodeid)
        os.environ[CONTEXT] = item.nodeid
        try:
            return (yield)
        finally:
            del os.environ[CONTEXT]
            self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.failed:
            self.failed.add(report.nodeid)


class Chosen:
    """Runs the named tests only, in that order."""

    def __init__(self, names: list[str]) -> None:
        self.order = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order), key=lambda item: self.order[item.nodeid]
        )
