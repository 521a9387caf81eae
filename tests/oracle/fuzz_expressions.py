"""Compare kpl.golang.exprlang with the real expr on made-up expressions: python tests/oracle/fuzz_expressions.py --help.

Needs the judges that exprlang/build.sh builds. Says what disagrees and ends with 1 if anything does.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "linter"))

from kpl.coredns.expression import EXPR_RELEASES, check_release
from kpl.golang.exprlang import PanicError
from kpl.golang.values import GoError

BATCH = 10_000
# the older checkers, and the last one of each newer kind
GRID_RELEASES = ["1.9.0", "1.12.0", "1.13.0", "1.15.5", "1.16.9", "1.17.2", "1.17.8"]

NAMES = {
    "string": ["name()", "type()", "class()", "proto()", "client_ip()", "server_ip()", "port()", "server_port()"],
    "int": ["size()", "id()", "opcode()", "bufsize()"],
    "bool": ["do()"],
}
STRINGS = [
    "'A'",
    "'AAAA'",
    '"example.org."',
    "'10.0.0.0/8'",
    "'^a.*$'",
    "''",
    '"x\\ty"',
    "'a%db'",
    "'é'",
    "`raw`",
    "b'ab'",
]
PATTERNS = ["'^abc\\\\..*$'", "'['", "'(a'", "'a{2'", "'*'", "'[%d'", "'a' + 'b'", "'[' + 'b'", "name()", "'(?P<n>x)'"]
INTEGERS = ["0", "1", "2", "512", "0x1f", "1_000", "-1", "0b11", "0o17", "9223372036854775807", "99999999999999999999"]
FLOATS = ["1.5", ".5", "1e3", "2.", "1e999"]
COMMENTS = ["/* c */", "// c\n", "\n", "\t"]
UNTYPED = [
    "#",
    "#",
    "#index",
    "#acc",
    ".x",
    "#.x",
    "x",
    "bogus()",
    "nil",
    "$env",
    "$env.name()",
    "$env['name']",
    "env.name",
    "v",
]
FUNCTIONS = (
    "len abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join"
    " indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now duration date timezone"
    " first last get take keys values toPairs fromPairs reverse uniq concat flatten sort bitand bitor bitxor bitnand bitshl"
    " bitshr bitushr bitnot type incidr metadata name size do all none any one filter map find findIndex findLast findLastIndex"
    " count sum groupBy sortBy reduce bogus"
).split()
PREDICATES = "all none any one filter map find findIndex findLast findLastIndex count sum groupBy sortBy reduce".split()
METHODS = "Year Month Weekday Add Sub Unix Format In Location Date Clock String Hours Truncate After Nope MarshalJSON Zone".split()
OPERATORS = "+ - * / % ** ^ == != < > <= >= in matches contains startsWith endsWith and or && || ?? .. | not".split()
PIECES = [
    *OPERATORS,
    *"()[]{}.,:;?#'\"`\\!&|=<>$_@~é1aA \n\t\r",
    "?.",
    "::",
    "not in",
    "let",
    "if",
    "else",
    "nil",
    "true",
    "\udcff",
]
KINDS = ["bool", "string", "int", "float", "array", "map", "time", "duration", "any"]


class Maker(random.Random):
    """Makes expressions that are mostly plausible."""

    odd = 0.1

    def of(self, kind: str, depth: int = 0) -> str:
        """An expression of the kind, or not quite."""
        if self.random() < self.odd:
            kind = self.choice(KINDS)
        if self.random() < 0.02:
            return f"({self.of(kind, depth + 1)})"
        if self.random() < self.odd / 3:
            return self.wild(kind, depth)
        if self.random() < 0.01:
            return self.choice(COMMENTS) + self.of(kind, depth)
        return str(getattr(self, f"a_{kind}")(depth + 1))

    def one_of(self, writers: Sequence[Callable[[], str]]) -> str:
        return self.choice(writers)()

    def leaf(self, depth: int) -> bool:
        return self.random() < depth / 5

    def a_bool(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice(["true", "false", "do()", *NAMES["bool"]])
        return self.one_of(
            [
                lambda: f"{self.of('bool', depth)} {self.choice(['and', 'or', '&&', '||'])} {self.of('bool', depth)}",
                lambda: f"{self.choice(['not ', '!'])}{self.of('bool', depth)}",
                lambda: f"{self.of('string', depth)} {self.choice(['==', '!=', '<'])} {self.of('string', depth)}",
                lambda: f"{self.of('int', depth)} {self.choice(['==', '<', '>=', '!='])} {self.of('int', depth)}",
                lambda: (
                    f"{self.of('int', depth)} < {self.of('int', depth)} {self.choice(['<', '>'])} {self.of('float', depth)}"
                ),
                lambda: f"{self.of('string', depth)} {self.choice(['in', 'not in'])} {self.of('array', depth)}",
                lambda: f"{self.of('string', depth)} in {self.of('map', depth)}",
                lambda: f"{self.of('string', depth)} {self.choice(['matches', 'not matches'])} {self.choice(PATTERNS)}",
                lambda: (
                    f"{self.of('string', depth)} {self.choice(['contains', 'startsWith'])} {self.of('string', depth)}"
                ),
                lambda: f"incidr({self.of('string', depth)}, {self.of('string', depth)})",
                lambda: (
                    f"{self.choice(['all', 'any', 'none', 'one'])}({self.of('array', depth)}, {self.closure('bool', depth)})"
                ),
                lambda: f"{self.of('time', depth)} {self.choice(['<', '>', '=='])} {self.of('time', depth)}",
                lambda: f"{self.of('duration', depth)} < {self.of('duration', depth)}",
                lambda: self.conditional("bool", depth),
            ]
        )

    def a_string(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice([*NAMES["string"], *STRINGS[:4], self.choice(STRINGS)])
        return self.one_of(
            [
                lambda: f"metadata({self.of('string', depth)})",
                lambda: f"{self.of('string', depth)} + {self.of('string', depth)}",
                lambda: f"{self.choice(['upper', 'lower', 'trim', 'string', 'toJSON'])}({self.of('string', depth)})",
                lambda: f"{self.of('string', depth)} | {self.choice(['upper', 'lower', 'trim'])}()",
                lambda: f"replace({self.of('string', depth)}, 'a', {self.of('string', depth)})",
                lambda: f"split({self.of('string', depth)}, '.')[{self.of('int', depth)}]",
                lambda: f"{self.of('string', depth)}[{self.of('int', depth)}:{self.of('int', depth)}]",
                lambda: f"join({self.of('array', depth)}, ',')",
                lambda: f"{self.of('time', depth)}.Format('2006')",
                lambda: self.conditional("string", depth),
            ]
        )

    def a_int(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice([*NAMES["int"], *INTEGERS[:4], self.choice(INTEGERS)])
        return self.one_of(
            [
                lambda: f"{self.of('int', depth)} {self.choice(['+', '-', '*', '%', '/'])} {self.of('int', depth)}",
                lambda: f"-{self.of('int', depth)}",
                lambda: f"len({self.of(self.choice(['string', 'array', 'map']), depth)})",
                lambda: f"int({self.of('string', depth)})",
                lambda: f"count({self.of('array', depth)}, {self.closure('bool', depth)})",
                lambda: f"sum({self.of('array', depth)}, {self.closure('int', depth)})",
                lambda: (
                    f"{self.choice(['bitand', 'bitor', 'max', 'min'])}({self.of('int', depth)}, {self.of('int', depth)})"
                ),
                lambda: f"{self.of('time', depth)}.{self.choice(['Year', 'Unix', 'Hour'])}()",
                lambda: f"{self.of('array', depth)}[{self.of('int', depth)}]",
                lambda: f"reduce({self.of('array', depth)}, {self.closure('int', depth)})",
                lambda: self.conditional("int", depth),
            ]
        )

    def a_float(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice(FLOATS)
        return self.one_of(
            [
                lambda: f"{self.of('int', depth)} {self.choice(['/', '**', '^'])} {self.of('float', depth)}",
                lambda: f"{self.choice(['float', 'ceil', 'round', 'abs'])}({self.of('int', depth)})",
                lambda: f"{self.choice(['mean', 'median'])}({self.of('array', depth)})",
                lambda: f"{self.of('duration', depth)}.Hours()",
            ]
        )

    def a_array(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice(
                ["['A', 'AAAA']", "[1, 2, 3]", "[]", "1..10", "[true, 1]", "split(name(), '.')", "[[1], [2]]"]
            )
        return self.one_of(
            [
                lambda: f"[{', '.join(self.of(self.choice(KINDS), depth + 1) for _ in range(self.randint(0, 3)))}]",
                lambda: f"{self.of('int', depth)}..{self.of('int', depth)}",
                lambda: f"filter({self.of('array', depth)}, {self.closure('bool', depth)})",
                lambda: f"map({self.of('array', depth)}, {self.closure(self.choice(KINDS), depth)})",
                lambda: (
                    f"{self.of('array', depth)} | {self.choice(['sort', 'reverse', 'uniq', 'flatten', 'concat', 'sum'])}()"
                ),
                lambda: f"{self.of('array', depth)} | {self.choice(PREDICATES)}({self.closure('bool', depth)})",
                lambda: (
                    f"sortBy({self.of('array', depth)}, {self.closure('int', depth)}, {self.choice(['asc', STRINGS[0], '1'])})"
                ),
                lambda: f"take({self.of('array', depth)}, {self.of('int', depth)})",
                lambda: f"{self.choice(['keys', 'values', 'toPairs'])}({self.of('map', depth)})",
                lambda: (
                    f"{self.of('array', depth)}[{self.choice(['', '1'])}:{self.choice(['', self.of('int', depth)])}]"
                ),
                lambda: self.conditional("array", depth),
            ]
        )

    def a_map(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice(["{}", "{'a': 1, b: 'x'}", "{(name()): 1}", "$env"])
        return self.one_of(
            [
                lambda: f"{{a: {self.of(self.choice(KINDS), depth)}, 'b': {self.of('any', depth)}}}",
                lambda: f"groupBy({self.of('array', depth)}, {self.closure('any', depth)})",
                lambda: f"fromPairs({self.of('array', depth)})",
            ]
        )

    def a_time(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice(["now()", "date('2024-01-01')"])
        return self.one_of(
            [
                lambda: f"date({self.of('string', depth)})",
                lambda: f"{self.of('time', depth)} {self.choice('+-')} {self.of('duration', depth)}",
                lambda: f"{self.of('time', depth)}.{self.choice(['Add', 'Truncate'])}({self.of('duration', depth)})",
                lambda: f"{self.of('time', depth)}.In(timezone({self.of('string', depth)}))",
                lambda: f"{self.of('time', depth)}.{self.choice(METHODS)}({self.choice(['', self.of('any', depth)])})",
            ]
        )

    def a_duration(self, depth: int) -> str:
        if self.leaf(depth):
            return "duration('1h')"
        return self.one_of(
            [
                lambda: f"{self.of('time', depth)} - {self.of('time', depth)}",
                lambda: f"{self.of('duration', depth)} {self.choice('+-*')} {self.of('duration', depth)}",
                lambda: f"{self.of('duration', depth)} * {self.of('int', depth)}",
                lambda: f"{self.of('time', depth)}.Sub({self.of('time', depth)})",
            ]
        )

    def a_any(self, depth: int) -> str:
        if self.leaf(depth):
            return self.choice(UNTYPED)
        return self.one_of(
            [
                lambda: f"fromJSON({self.of('string', depth)})",
                lambda: f"{self.of('map', depth)}.{self.choice(['a', 'b', 'name', 'in'])}",
                lambda: f"{self.of('map', depth)}[{self.of('string', depth)}]",
                lambda: f"{self.of(self.choice(KINDS), depth)} ?? {self.of(self.choice(KINDS), depth)}",
                lambda: f"get({self.of(self.choice(['map', 'array']), depth)}, {self.of('string', depth)})",
                lambda: f"find({self.of('array', depth)}, {self.closure('bool', depth)})",
                lambda: f"{self.choice(['first', 'last'])}({self.of('array', depth)})",
                lambda: f"{self.of('any', depth)}?.{self.choice(['a', 'b()', '[0]', 'a?.b', 'a.b[1]'])}",
                lambda: f"let v = {self.of(self.choice(KINDS), depth)}; {self.of('any', depth)}",
            ]
        )

    def conditional(self, kind: str, depth: int) -> str:
        condition, one, other = self.of("bool", depth), self.of(kind, depth), self.of(kind, depth)
        return self.choice(
            [
                f"{condition} ? {one} : {other}",
                f"{one} ?: {other}",
                f"if {condition} {{ {one} }} else {{ {other} }}",
                f"if {condition} {{ {one} }} else if {condition} {{ {other} }} else {{ {one} }}",
                f"let v = {one}; {other}",
                f"({one}; {other})",
            ]
        )

    def closure(self, kind: str, depth: int) -> str:
        body = self.of(kind, depth)
        if self.random() < 0.5:
            body = self.choice(
                ["#", "# + 1", "# == name()", "# > 1", "#.Year()", ".a", "#index", "# + #acc", "len(#)", "#[0]"]
            )
        return self.choice([body, f"{{{body}}}", f"{{{body}}}"])

    def wild(self, kind: str, depth: int) -> str:
        """Anything at all."""
        arguments = [self.of(self.choice(KINDS), depth + 1) for _ in range(self.choice((0, 1, 1, 2, 2, 3, 4)))]
        one, other = self.of(self.choice(KINDS), depth + 1), self.of(self.choice(KINDS), depth + 1)
        return self.choice(
            [
                f"{self.choice(FUNCTIONS)}({', '.join(arguments)})",
                f"{one} | {self.choice(FUNCTIONS)}({', '.join(arguments[1:])})",
                f"::{self.choice(FUNCTIONS)}({', '.join(arguments)})",
                f"{one} {self.choice(OPERATORS)} {other}",
                f"{self.choice(['-', '+', '!', 'not '])}{one}",
                f"{one}.{self.choice(METHODS)}",
                f"{one}.{self.choice(METHODS)}({', '.join(arguments)})",
                f"{one}[{other}]",
                f"{one}[{other}:]",
                f"{self.choice(FUNCTIONS)}",
                f"let {self.choice(['v', 'x', 'len', 'name', '#'])} = {one}; {other}",
                f"let v = {self.choice(FUNCTIONS)}; v({', '.join(arguments)})",
                f"({one} ? {other} : nil)[0]",
                f"{one} ?? {other}",
                self.choice(UNTYPED),
            ]
        )

    def mutated(self, text: str) -> str:
        """The text with a few accidents."""
        for _ in range(self.choice((1, 1, 1, 2, 3))):
            words = re.findall(r"\w+|\s+|.", text, re.DOTALL) if self.random() < 0.6 else list(text)
            at = self.randint(0, len(words))
            end = min(len(words), at + self.choice((0, 0, 1, 1, 2)))
            words[at:end] = self.choice(([self.choice(PIECES)], [self.choice(PIECES)], [], words[at:end] * 2))
            text = "".join(words)
        return text

    def soup(self) -> str:
        """Words in no order."""
        words = [
            *PIECES,
            *UNTYPED,
            *INTEGERS,
            *FLOATS,
            *STRINGS,
            *FUNCTIONS,
            *COMMENTS,
            "name()",
            "map(",
            "filter(",
            "now()",
        ]
        return self.choice(("", " ")).join(self.choice(words) for _ in range(self.randint(0, 9)))

    def text(self) -> str:
        """One question."""
        if self.random() < 0.05:
            return self.soup()
        self.odd = self.choice((0.0, 0.02, 0.02, 0.05, 0.15))
        text = self.of(self.choice(["bool", "bool", "bool", "string", "int", *KINDS]), self.choice((0, 1, 1, 2)))
        return self.mutated(text) if self.random() < 0.35 else text


def judged(release: str, texts: Sequence[str]) -> list[str]:
    """What expr says of each text, "" where it compiles."""
    home = os.environ.get("ORACLE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "kpl-oracle"
    )
    questions = "".join(
        json.dumps({"text_base64": base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()}) + "\n"
        for text in texts
    )
    judge = os.path.join(home, f"expr-{release}")
    done = subprocess.run([judge], input=questions, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def said(release: str, text: str) -> str:
    """What kpl says."""
    try:
        check_release(text, release)
    except PanicError as crash:
        return f"panic: {crash}"
    except GoError as error:
        # JSON shows bytes that are not UTF-8 like this
        return re.sub("[\ud800-\udfff]", "\ufffd", str(error))
    except RecursionError:
        return "not judged"
    return ""


def disagreements(release: str, texts: Sequence[str], counts: Counter[str]) -> Iterator[tuple[str, str, str, str]]:
    """What kind of disagreement, the text, expr's answer and kpl's."""
    for text, theirs in zip(texts, judged(release, texts), strict=True):
        ours = said(release, text)
        counts["compiles" if not theirs else "refused"] += 1
        if ours == "not judged":
            counts[ours] += 1
        elif ours != theirs:
            kind = "message" if ours and theirs else "verdict"
            counts[kind] += 1
            yield kind, text, theirs, ours


def record(path: Path, releases: Sequence[str]) -> None:
    """Asks again what expr says of the texts in the file: for each text the answers, and the release that first gave each."""
    texts = list(json.loads(path.read_text(encoding="utf-8")))
    recorded: dict[str, dict[str, str]] = {text: {} for text in texts}
    for release in releases:
        for text, answer in zip(texts, judged(release, texts), strict=True):
            if [*recorded[text].values()][-1:] != [answer]:
                recorded[text][release] = answer
    path.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


def grid_texts(grid: dict[str, Any], form: str) -> list[str]:
    """The expressions of a form: every operand in the place of A, with every operand in that of B."""
    others = grid["operands"] if "B" in form else [""]
    return [form.replace("A", one).replace("B", other) for one in grid["operands"] for other in others]


def without_place(answer: str) -> str:
    """An answer without the lines that show the place."""
    return answer.partition("\n")[0].rpartition(" (1:")[0] or answer.partition("\n")[0]


def record_grid(path: Path) -> None:
    """Asks again for the forms and operands in the file: for each form the numbers of the answers, by the release that first gave them."""
    grid = json.loads(path.read_text(encoding="utf-8"))
    answers: list[str] = []
    for form in grid["forms"]:
        found: dict[str, list[int]] = {}
        grid["forms"][form] = found
        for release in GRID_RELEASES:
            given = list(map(without_place, judged(release, grid_texts(grid, form))))
            answers += [each for each in dict.fromkeys(given) if each not in answers]
            numbers = [answers.index(each) for each in given]
            if [*found.values()][-1:] != [numbers]:
                found[release] = numbers
    rows = [
        f" {json.dumps(form)}: {{\n"
        + ",\n".join(f"  {json.dumps(each)}: {json.dumps(found[each], separators=(',', ':'))}" for each in found)
        + "\n }"
        for form, found in grid["forms"].items()
    ]
    lists = [
        f"{json.dumps(key)}: {json.dumps(value, indent=1)}"
        for key, value in (("operands", grid["operands"]), ("answers", answers))
    ]
    path.write_text("{\n" + ",\n".join(lists) + ',\n"forms": {\n' + ",\n".join(rows) + "\n}\n}\n", encoding="utf-8")


def main() -> int:
    """The command line."""
    releases = list(dict.fromkeys(EXPR_RELEASES.values()))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--release", action="append", help=f"of expr: {', '.join(releases)}, or all (default the newest)"
    )
    parser.add_argument("--count", type=int, default=5_000, help="expressions per release (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, metavar="FILE", help="renew tests/golang/exprlang.json instead")
    parser.add_argument("--record-grid", type=Path, metavar="FILE", help="renew tests/golang/exprgrid.json instead")
    parser.add_argument("--show", type=int, default=10, help="disagreements to print (default %(default)s)")
    options = parser.parse_args()
    if options.record:
        record(options.record, releases)
        return 0
    if options.record_grid:
        record_grid(options.record_grid)
        return 0
    asked = options.release or releases[-1:]
    failed = 0
    for release in releases if "all" in asked else asked:
        maker, counts, shown = Maker(options.seed), Counter[str](), 0
        for start in range(0, options.count, BATCH):
            texts = [maker.text() for _ in range(min(BATCH, options.count - start))]
            for kind, text, theirs, ours in disagreements(release, texts, counts):
                if shown < options.show:
                    print(f"--- {release}, {kind}: {text!r}\n  expr: {theirs!r}\n  kpl:  {ours!r}")
                shown += 1
        print(f"{release}: {dict(counts)}")
        failed += counts["verdict"] + counts["message"]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
