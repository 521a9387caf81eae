"""The reader of iptables-save against a slow one that sends every line through lark, and its cost for hostile dumps."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import MOST, growth
from kpl.inputs.dumps import iptables
from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.inputs.dumps.known_shapes import KnownShapes
from kpl.inputs.dumps.ruleset import BEFORE_RULE, Entry, Ruleset, Table
from kpl_grammars import parser
from support import SHARED
from test_dumps import mixed_dump

MOST_LINES = 250
"""So many lines of a dump go through lark: the first of each kind, and others by chance."""

Option = tuple[str, bool, tuple[str, ...]]
Rule = tuple[str, str, bool, tuple[Option, ...], int]


@cache
def slowly(line: str) -> Rule | None:
    """What lark says of one rule: chain, target, whether it is a goto, options, and how many precede the target."""
    try:
        tree = parser("iptables").parse(line, start="rule")
    except Exception:
        return None
    chain, *parts = tree.children
    chain, target, goto, matches = str(chain.children[0]), "", False, None
    options: list[Option] = []
    for part in parts:
        words = tuple(unquoted(str(each)) for each in part.children if each.type in ("WORD", "QUOTED"))
        names = [each for each in part.children if each.type in ("OPTION", "JUMP", "GOTO")]
        if part.data == "jump":
            target, goto, matches = words[0], names[0].type == "GOTO", len(options)
        else:
            negated = any(each.type in ("NOT", "NOT_VALUE") for each in part.children)
            options.append((str(names[0]), negated, words))
    return chain, target, goto, tuple(options), len(options) if matches is None else matches


def unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def bound(entry: Entry) -> Rule:
    options = tuple((each.name, each.negated, tuple(map(str, each.values))) for each in entry.options)
    target = "" if entry.target is None else str(entry.target)
    return str(entry.chain), target, entry.goto, options, entry.matches


def rule_lines(text: str) -> dict[int, str]:
    """The lines that hold a rule, without counters, by their offset."""
    found, at = {}, 0
    for line in text.split("\n"):
        lead = BEFORE_RULE.match(line)
        if lead:
            found[at] = line[lead.end() :]
        at += len(line) + 1
    return found


def check(text: str, most: int = MOST_LINES) -> None:
    """Every rule of `text`, or `most` of them, is what lark says of its line; what lark refuses is unread."""
    ruleset = parse_iptables_save(text)
    lines = rule_lines(text)
    read = {offset: (table, row) for table in ruleset.tables for row, offset in enumerate(table.offsets)}
    unread = {*ruleset.unread, *(at for table in ruleset.tables for at in table.unread)}
    assert read.keys() | (unread & lines.keys()) == lines.keys()
    assert not read.keys() & unread
    offsets = list(lines)
    if len(offsets) > most:
        kinds = {re.sub(r'"[^"]*"|[0-9A-Z]+', "", line): offset for offset, line in reversed(lines.items())}
        rest = random.Random(len(text)).sample(offsets, most // 2)
        offsets = [*list(kinds.values())[: most // 2], *rest]
    for offset in offsets:
        expected = slowly(lines[offset])
        if offset in unread:
            quoted = expected is not None and lines[offset].split()[1][0] == '"'
            assert expected is None or quoted, lines[offset]
        else:
            table, row = read[offset]
            assert bound(table.entry(row)) == expected
            assert (table.chain[row], table.target[row]) == (expected or ("", ""))[:2]


def real_dumps() -> list[Path]:
    corpus = SHARED / "corpus"
    paths = (path for pattern in ("dumps/*", "proxier/*/*tables*") for path in corpus.glob(pattern))
    return sorted(path for path in paths if path.suffix not in (".src", ".json"))


@pytest.mark.skipif(not real_dumps(), reason="needs dumps of real nodes")
def test_real_dumps_are_read_as_lark_reads_them() -> None:
    for path in real_dumps():
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        text = data.decode("utf-8", "surrogateescape").replace("\r\n", " \n").replace("\r", "\n")
        check(text)
        assert print_all(text) == written(text), path


@pytest.mark.parametrize("counters", [False, True])
def test_a_generated_dump_is_read_as_lark_reads_it(counters: bool) -> None:
    text = mixed_dump(services=120, counters=counters)
    check(text, most=10_000)
    assert print_all(text) == written(text)


def test_most_lines_are_read_by_the_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    split = []
    real = iptables._Reader._line

    def counted(self: iptables._Reader, line: str, at: int) -> None:
        split.append(line)
        real(self, line, at)

    monkeypatch.setattr(iptables._Reader, "_line", counted)
    text = mixed_dump(services=120)
    parse_iptables_save(text)
    assert len(split) < len(text.splitlines()) / 4


def printed(entry: Entry, text: str) -> str:
    """The line of a rule, from what was read of it; the words as they are written in `text`."""

    def word(value: Any) -> str:
        return text[slice(*value.span)]

    def option(each: Any) -> list[str]:
        return [*["!"] * each.negated, each.name, *map(word, each.values)]

    parts = [f"[{entry.counters[0]}:{entry.counters[1]}]"] if entry.counters else []
    parts += ["-A", word(entry.chain)]
    for each in entry.options[: entry.matches]:
        parts += option(each)
    if entry.target is not None:
        parts += ["-g" if entry.goto else "-j", word(entry.target)]
    for each in entry.options[entry.matches :]:
        parts += option(each)
    return " ".join(parts)


def print_all(text: str) -> list[str]:
    """All rules of `text`, printed; in the order of the text."""
    ruleset = parse_iptables_save(text)
    return [printed(table.entry(row), text) for table in ruleset.tables for row in range(len(table.chain))]


def written(text: str) -> list[str]:
    """The lines of the rules, in the spelling of iptables 1.4.3 and later."""
    ruleset = parse_iptables_save(text)
    lines = [table._line(row)[0] for table in ruleset.tables for row in range(len(table.chain))]
    return [_modern(line) for line in lines]


def _modern(line: str) -> str:
    outside = re.split(r'("(?:[^"\\]|\\.)*")', line.strip())
    outside[::2] = [
        re.sub(r"(?<!\S)(--?[A-Za-z][\w-]*) ! (?!-[A-Za-z-])", r"! \1 ", re.sub(r"\s+", " ", each))
        for each in outside[::2]
    ]
    return "".join(outside)


def columns(ruleset: Ruleset) -> list[Any]:
    def table(each: Table) -> list[Any]:
        rows = [each.chain, each.target, list(each.offsets), each.shapes]
        return [each.name, each.start, each.complete, each.chains, each.policies, each.unread, *rows]

    return [ruleset.unread, ruleset.shapes_exploded, *map(table, ruleset.tables)]


LINES = st.lists(
    st.sampled_from(
        [
            "*nat",
            "COMMIT",
            ":A - [0:0]",
            ":A  - [0:0]",
            "-A A -j B",
            "[1:2] -A A -j B",
            "[1:2]  -A A -j B",
            " -A A -j B",
            "-A A  -j B",
            "-A A -j B ",
            "-A A -j",
            "-A A -j B --to C",
            "-A A --to C",
            '-A A --to "C" -j B',
            '-A A --to "C',
            'D" -j B',
            '-A A --to "\\',
            '" -j B',
            '-A "A" -j B',
            '-A A -j "B"',
            "-A A --to -j B",
            "-A A --to -1 -j B",
            "-A A ! --to C -j B",
            "-A A --to ! C -j B",
            "-A\tA -j B",
            "-A A\x0b-j B",
            "-A A -f",
            "A -j B",
            "",
            "#",
        ]
    ),
    max_size=60,
)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_pattern_reads_lines_as_they_are_read_word_by_word(lines: list[str], end: str) -> None:
    text = end.join(lines)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(iptables, "FREQUENT", 1)
        patched.setattr(iptables, "FIRST_PATTERN", 1)
        quickly = columns(parse_iptables_save(text))
        patched.setattr(iptables, "FIRST_PATTERN", 1 << 30)
        assert quickly == columns(parse_iptables_save(text))


def test_a_line_that_the_pattern_leaves_alone() -> None:
    shape = iptables._shape(parser("iptables").parse("-A A -j B", start="rule"))
    known = KnownShapes([(("-A", " -j", ""), shape)])
    texts = ["-A A -j B\n", ":A - [0:0]\n", "-A A -j B", f"-A {'A' * 5000} -j B\n", "-A A -g B\n", '-A A -j "B"\n']
    kinds = [found.lastindex for text in texts if (found := known.pattern.match(text)) and found.group() == text]
    assert kinds[0] in known.leaves
    assert kinds[1:] == [1, None, None, None, None]


HOSTILE: dict[str, Callable[[int], str]] = {
    "every line a new shape": lambda n: "*nat\n" + "".join(f"-A C --o{i} 1 -j X\n" for i in range(n)),
    "shapes that part late": lambda n: (
        "*nat\n" + "".join(f"-A C {'-m x ' * 40}--o{i % 70} 1 -j X\n" for i in range(n // 4))
    ),
    "thousands of words": lambda n: "*nat\n" + (f"-A C {'-m x ' * 3000}-j X\n" * (n // 400)),
    "every line unreadable": lambda n: "*nat\n" + "".join(f"-A C -s {i} --dport -j\n" for i in range(n)),
    "chains": lambda n: "*nat\n" + "".join(f":C{i} - [0:0]\n-A C{i} -j C{i + 1}\n" for i in range(n)),
    "cycles": lambda n: "*nat\n:A - [0:0]\n" + "-A A -j A\n" * n,
    "tables": lambda n: "".join(f"*nat\n-A C{i} -j C\nCOMMIT\n" for i in range(n // 2)),
    "rules without a table": lambda n: "-A C -j C\nCOMMIT\n" * (n // 2),
    "one long word": lambda n: f"*nat\n-A C -s {'x' * 500 * n} -j X\n",
    "one long open quote": lambda n: f'*nat\n-A C --comment "{"x " * 250 * n} -j X\n',
    "open quotes": lambda n: (
        '*nat\n-A A --comment "a" -j X\n' * 200 + f'-A A --comment "{chr(92)}{"a" * 900}\n' * (n // 10)
    ),
    "blanks": lambda n: " " * 100 * n,
    "empty lines": lambda n: "\n" * n,
    "nothing known": lambda n: "x\n" * n,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_dumps_are_read_in_linear_time(kind: str) -> None:
    assert growth(parse_iptables_save, HOSTILE[kind], 4_000) < MOST


WORD = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9.:/,_-]{0,12}\Z")
VALUE = WORD | st.sampled_from(['"two words"', '"a \\"b\\" c"', "-1", "!x", "0x4000/0x4000"])
OPTION = st.tuples(
    st.booleans(), st.sampled_from(["-s", "-d", "-p", "-m", "--dport", "--ctstate"]), st.lists(VALUE, max_size=2)
)
RULE = st.tuples(
    st.sampled_from(["", "[3:445] "]),
    WORD,
    st.lists(OPTION, max_size=5),
    st.none() | st.tuples(st.sampled_from(["-j", "-g"]), WORD, st.lists(OPTION, max_size=2)),
)


@given(st.lists(RULE, min_size=1, max_size=12))
def test_a_generated_rule_prints_as_it_was_generated(rules: list[Any]) -> None:
    def options(each: list[Any]) -> list[str]:
        return [word for negated, name, values in each for word in (*["!"] * negated, name, *values)]

    lines = []
    for counters, chain, matches, jump in rules:
        after = [jump[0], jump[1], *options(jump[2])] if jump else []
        lines.append(f"{counters}{' '.join(['-A', chain, *options(matches), *after])}")
    assert print_all("\n".join(["*nat", *lines, *lines, "COMMIT", ""])) == lines * 2
