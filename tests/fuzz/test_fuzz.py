"""The fuzzer itself: a few inputs, the same each time, and faults that it has to see."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import checks
from checks import COMMANDS, Violation
from lexer import words_of
from minimise import minimised
from run import made, signature_of, violation
from seeds import Seed, collect

from kpl.coredns.tokens import tokenize
from kpl.fix.fixer import fix_texts
from kpl.lint.settings import Settings
from support import POSIX

pytestmark = POSIX  # a timer ends what takes too long

COREFILE = Seed("Corefile", b". {\n    errors\n    forward . 10.0.0.1\n}\n")


@pytest.fixture(scope="module")
def seeds() -> list[Seed]:
    return collect([], 1500)


def test_a_few_inputs(seeds: list[Seed]) -> None:
    assert len(seeds) > 300
    for number in range(60):
        seed, settings = made(7, number, seeds)
        for command in COMMANDS:
            problem = violation(command, seed, settings)
            assert problem is None, (number, command, problem)


def test_an_input_has_a_number(seeds: list[Seed]) -> None:
    first, again, other = made(7, 5, seeds)[0], made(7, 5, seeds)[0], made(7, 6, seeds)[0]
    assert first == again
    assert first != other


def test_folders_give_more_files_to_mutate(tmp_path: Path, seeds: list[Seed]) -> None:
    (tmp_path / "mine.yaml").write_text("a: b\n", encoding="utf-8")
    (tmp_path / "big.yaml").write_text("a: b\n" * 1000, encoding="utf-8")
    (tmp_path / "some.jsonl").write_text('{"text": "a.org {\\n}\\n"}\n{"source": "x"}\n', encoding="utf-8")
    more = set(collect([tmp_path], 1500)) - set(seeds)
    assert more == {Seed("mine.yaml", b"a: b\n"), Seed("Corefile", b"a.org {\n}\n")}


def _raises(*_: object, **__: object) -> None:
    raise KeyError("x")


def _endless(*_: object, **__: object) -> None:
    while True:
        pass


def _quotes(*_: object, **__: object) -> Iterator[Any]:
    yield from ()


@pytest.mark.parametrize(
    ("command", "name", "instead", "kind"),
    [
        ("lint", "lint", _raises, "lint-raises"),
        ("fix", "fix_texts", _raises, "fix-raises"),
        ("verify", "contents", _raises, "verify-raises"),
        ("inspect", "is_dump", _raises, "inspect-raises"),
        ("lint", "lint", _endless, "lint-slow"),
        ("verify", "tokenize", _quotes, "lexer"),
    ],
)
def test_faults_are_seen(monkeypatch: pytest.MonkeyPatch, command: str, name: str, instead: object, kind: str) -> None:
    assert violation(command, COREFILE, Settings()) is None
    monkeypatch.setattr(checks, name, instead)
    monkeypatch.setattr(checks, "SECONDS", 0.2)
    problem = violation(command, COREFILE, Settings())
    assert problem is not None
    assert problem.kind == kind


def test_a_fix_that_is_not_made_twice_alike_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fix_texts

    def again(readings: Any, settings: Any, unsafe: bool) -> Any:
        outcome = whole(readings, settings, unsafe)
        outcome.changed = [(readings[0], readings[0].source.text + "# more\n")]
        return outcome

    monkeypatch.setattr(checks, "fix_texts", again)
    problem = violation("fix", COREFILE, Settings())
    assert problem is not None
    assert problem.kind == "fix-twice"


def test_a_signature_leaves_out_what_the_file_says() -> None:
    one = Violation("fix-bug", "KPL204 x: 'a b' is gone in 12")
    other = Violation("fix-bug", "KPL204 x: 'c' is gone in 7")
    assert signature_of(one) == signature_of(other)
    assert signature_of(one) != signature_of(Violation("fix-bug", "KPL205 x: 'c' is gone in 7"))


def test_an_input_is_made_small() -> None:
    data = b"".join(b"line %d\n" % number for number in range(50)) + b"here is x and y\n"
    assert minimised(data, lambda part: b"x" in part and b"y" in part) == b"xy"


@pytest.mark.parametrize(
    "text",
    [
        'a "b c"#d e\n# f\n{ } "}"\r\n"x\\"y\\z" import\rb import#c d\n', '"\r', '"\\', '"a\\', "\ufeffa\u00a0b\u2028c\x85d",
        'a\\\nb "c\nd" e\r\rf,\r\n{$X}#\n',
    ],
)  # fmt: skip
def test_words_are_those_of_the_lexer_that_was_written_again(text: str) -> None:
    assert [(token.text, token.line) for token in tokenize(text)] == words_of(text)
