"""Linting stays bounded: no Corefile makes it hang, and what it does grows with what it reads."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable

import pytest

from kpl.inputs.corefiledocument import MAX_COREFILE
from kpl.lint.engine import Result, lint
from kpl.lint.settings import Settings
from support import readings, run

SERVER = ". {\n    import s0\n    cache 30\n    forward . 192.0.2.1\n}\n"


def doubling_snippets(count: int) -> str:
    """Each snippet imports the next one twice: the last one comes up 2 to the power of `count` times."""
    twice = (f"(s{n}) {{\n    import s{n + 1}\n    import s{n + 1}\n}}\n" for n in range(count))
    return "".join(twice) + f"(s{count}) {{\n    log\n}}\n{SERVER}"


def chained_snippets(count: int) -> str:
    """Each snippet imports the next one."""
    chain = (f"(s{n}) {{\n    import s{n + 1}\n}}\n" for n in range(count))
    return "".join(chain) + f"(s{count}) {{\n    log\n}}\n{SERVER}"


def own_snippets(count: int) -> str:
    """Each server block imports a snippet of its own."""
    return "".join(
        f"(s{n}) {{\n    errors\n}}\nz{n}.example {{\n    import s{n}\n    forward . 192.0.2.1\n}}\n"
        for n in range(count)
    )


def cluster_blocks(count: int) -> str:
    """Server blocks with findings of their own."""
    return "".join(
        f"z{n}.example:53 {{\n    health\n    kubernetes cluster.local {{\n        pods insecure\n    }}\n"
        "    forward . 192.0.2.1\n}\n"
        for n in range(count)
    )


def calls(text: str) -> int:
    """How many functions linting `text` with every rule calls."""
    read = readings({"Corefile": text})
    profile = cProfile.Profile()
    profile.runcall(lint, read, Settings(select=("ALL",)))
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [own_snippets, cluster_blocks, chained_snippets])
def test_twice_the_blocks_are_twice_the_work(make: Callable[[int], str]) -> None:
    calls(make(2))  # what is loaded once
    assert calls(make(120)) < 2.2 * calls(make(60))


def test_snippets_that_import_each_other_twice_come_to_an_end() -> None:
    assert _codes(run({"Corefile": doubling_snippets(40)})) == set()


def test_a_long_chain_of_snippets_is_followed() -> None:
    assert _codes(run({"Corefile": chained_snippets(3000)})) == set()


def test_a_corefile_that_is_too_large_is_told_so() -> None:
    found = run({"Corefile": ". {\n    log " + "a " * (MAX_COREFILE // 2) + "\n}\n"})
    assert [(each.code, each.message) for each in found.findings] == [
        ("KPL001", "this Corefile was not checked: it is larger than 4 MiB")
    ]


def _codes(result: Result) -> set[str]:
    return {each.code for each in result.findings}
