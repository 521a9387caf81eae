"""What expr says of expressions in the environment of CoreDNS's view plugin, and what kpl says.

exprlang.json holds for each text what the library answered, by the first of its releases that did so ("" where it compiled, "panic: "
where it crashed): tests/oracle/fuzz_expressions.py --record tests/golang/exprlang.json renews it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kpl.coredns.expression import DISABLED, ENVIRONMENT, EXPR_RELEASES, check_release, check_view_expression
from kpl.golang.exprlang import PanicError, check_expression, is_identifier
from kpl.golang.exprlang.gotypes import go_type
from kpl.golang.exprlang.sprintf import without_arguments
from kpl.golang.values import GoError
from kpl.text.version import Version

RECORDED: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("exprlang.json").read_text())
RELEASES = list(dict.fromkeys(EXPR_RELEASES.values()))


def answer(text: str, release: str) -> str:
    try:
        check_expression(text, ENVIRONMENT, release, DISABLED)
    except PanicError as crash:
        return f"panic: {crash}"
    except GoError as error:
        # the record has bytes that are not UTF-8 like this
        return re.sub("[\ud800-\udfff]", "\ufffd", str(error))
    return ""


@pytest.mark.parametrize("release", RELEASES)
def test_answers_of_the_library(release: str) -> None:
    expected, given = {}, {}
    for text, answers in RECORDED.items():
        known = [first for first in RELEASES[: RELEASES.index(release) + 1] if first in answers]
        expected[text] = answers[known[-1]]
        given[text] = answer(text, release)
    assert given == expected


def test_the_record_has_every_kind_of_answer() -> None:
    kinds = {bool(text) + text.startswith("panic: ") for answers in RECORDED.values() for text in answers.values()}
    assert kinds == {0, 1, 2}
    assert len(RECORDED) > 500


def test_release_of_coredns_decides() -> None:
    text = "len(nil)"
    with pytest.raises(PanicError, match="nil pointer dereference"):
        check_view_expression(text, Version("1.10.1"))
    with pytest.raises(GoError, match="invalid argument for len"):
        check_view_expression(text, Version("1.14.7"))
    # 1.14.2 brings what the releases after it have, and so does what is newer than the table
    for version in ("1.14.1", "1.14.2", "1.14.7", "2.0.0"):
        if version == "1.14.1":
            with pytest.raises(GoError, match="unexpected token"):
                check_view_expression("b'x' == b'x'", Version(version))
        else:
            check_view_expression("b'x' == b'x'", Version(version))


def test_any_environment() -> None:
    environment = {
        "action": "func()",
        "three": "func() (int, int, error)",
        "sum_of": "func(string, ...int) int",
        "ratio": "func(float64) float64",
        "small": "func(int8) int8",
        "labels": "map[string]string",
        "ports": "[]int64",
        "zone": "*time.Location",
        "host": "string",
    }
    for text, error in {
        "action()": "func action doesn't return value",
        "three()": "func three returns more then two values",
        "sum_of()": "not enough arguments to call sum_of",
        "sum_of('a') + sum_of('a', 1, 2)": "",
        "sum_of('a', 1, 'b')": "cannot use string as argument (type int) to call sum_of ",
        "ratio(1) + small(1) + ports[0]": "",
        "labels.app + labels['x'] + 1": "invalid operation: + (mismatched types string and int)",
        "1 in labels": "cannot use int as type string in map key",
        "'a' in ports": "cannot use string as type int64 in array",
        "zone.String() + host": "",
        "ports": "",
    }.items():
        for release in ("1.15.5", "1.16.9", "1.17.2", "1.17.8"):
            if not error:
                check_expression(text, environment, release)
                continue
            with pytest.raises(GoError) as caught:
                check_expression(text, environment, release)
            assert str(caught.value).split(" (1:")[0] == error


@pytest.mark.parametrize("release", ["1.9.0", "1.13.0", "1.15.5", "1.16.9", "1.17.8"])
@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000 + "1" + ")" * 50_000,
        "-" * 5_000 + "1",
        "do() ? 1 : " * 5_000 + "2",
        "name()" + ".a" * 5_000,
        "[" * 1_000,
        "2 ** " * 5_000 + "2",
        "metadata(" * 1_000 + "'a'" + ")" * 1_000,
        "1 +" * 50_000,
    ],
)
def test_what_nests_too_deeply_is_not_judged(text: str, release: str) -> None:
    with pytest.raises(RecursionError):
        check_expression(text, ENVIRONMENT, release)


def test_calls_that_multiply_are_not_judged() -> None:
    with pytest.raises(RecursionError):
        check_expression("trim(" * 40 + "'a'" + ", 'a')" * 40, ENVIRONMENT, "1.17.8")


@pytest.mark.parametrize("release", ["1.9.0", "1.13.0", "1.15.5", "1.16.9", "1.17.8"])
def test_long_chains_are_judged(release: str) -> None:
    chain = " or ".join(["name() == 'a.example.org.'"] * 1_500)
    check_expression(chain, ENVIRONMENT, release)
    with pytest.raises(GoError, match=r"unknown name bogus|unknown func bogus"):
        check_expression(f"bogus() or {chain}", ENVIRONMENT, release)


def test_nodes_are_counted_since_1_17() -> None:
    text = " or ".join(["do()"] * 4_000)
    check_expression(text, ENVIRONMENT, "1.16.9")
    with pytest.raises(GoError, match=r"^compilation failed: expression exceeds maximum allowed nodes"):
        check_expression(text, ENVIRONMENT, "1.17.2")


@pytest.mark.parametrize("release", ["1.16.9", "1.17.2", "1.17.8"])
def test_the_most_nodes(release: str) -> None:
    check_expression(f"[{','.join(['1'] * 9_999)}]", ENVIRONMENT, release)
    more = f"[{','.join(['1'] * 10_000)}]"
    if release == "1.16.9":
        check_expression(more, ENVIRONMENT, release)
        return
    with pytest.raises(GoError, match=r"^compilation failed: expression exceeds maximum allowed nodes"):
        check_expression(more, ENVIRONMENT, release)


def test_longer_texts_are_not_judged() -> None:
    check_expression("1".ljust(100_000), ENVIRONMENT, "1.17.8")
    with pytest.raises(RecursionError):
        check_expression("1".ljust(100_001), ENVIRONMENT, "1.17.8")


@pytest.mark.parametrize(
    "name",
    [
        "func(string, ...interface {}) (bool, error)",
        "map[interface {}][]interface {}",
        "func([]interface {}, func(interface {}) bool) []interface {}",
        "*time.Location",
        "func()",
        "func() func() string",
    ],
)
def test_types_are_written_as_they_were_read(name: str) -> None:
    assert str(go_type(name)) == name


# fmt.Sprintf of Go 1.26, without arguments
@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("plain", "plain"),
        ("100%", "100%!(NOVERB)"),
        ("%d", "%!d(MISSING)"),
        ("%%", "%"),
        ("%+-# 05.3x", "%!x(MISSING)"),
        ("%*d", "%!(BADWIDTH)%!d(MISSING)"),
        ("%.*f", "%!(BADPREC)%!f(MISSING)"),
        ("%[1]d", "%!d(BADINDEX)"),
        ("%[x", "%!x(BADINDEX)"),
        ("%é", "%!é(MISSING)"),
        ("%5%", "%"),
        ("%.", "%!.(MISSING)"),
        ("%05", "%!(NOVERB)"),
        ("%[1", "%!(NOVERB)"),
        ("%[3]*.[2]*[1]f", "%!(BADWIDTH)%!(BADPREC)%!f(BADINDEX)"),
        ("a %99999999d b", "a %!(NOVERB)"),
        ("a %10000000d b", "a %!d(MISSING) b"),
    ],
)
def test_a_message_taken_for_a_format(format_: str, text: str) -> None:
    assert without_arguments(format_) == text


def test_older_checkers_are_loaded_for_older_releases() -> None:
    code = (
        "import sys; from kpl.golang.exprlang import check_expression; check_expression('1', {}, '1.17.8');"
        "print([name for name in sys.modules if 'checker_' in name or 'regexp' in name])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("1 + 2", "int"),
        ("1 / 2", "float64"),
        ("name() + 'a'", "string"),
        ("do() and true", "bool"),
        ("[1, 'a']", "[]interface {}"),
        ("split(name(), '.')", "[]string"),
        ("{a: 1}", "map[string]interface {}"),
        ("now() - now()", "time.Duration"),
        ("name", "func() string"),
        ("nil", None),
        ("fromJSON('1')", None),
        # found out when the expression is compiled
        ("reduce(1..3, # + #acc)", "int"),
        ("reduce(1..3, #acc + #, 5)", "int"),
        ("reduce(1..3, # * #acc)", None),
        ("reduce(3..1, # + #acc)", None),
    ],
)
def test_the_type_that_a_variable_gets(text: str, type_: str | None) -> None:
    assert check_release(text, "1.17.8") == type_


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a", True),
        ("map", True),
        ("let", False),
        ("nil", False),
        ("true", False),
        ("not", False),
        ("a b", False),
        ("1", False),
    ],
)
def test_what_is_a_name(text: str, is_one: bool) -> None:
    assert is_identifier(text, "1.17.8") is is_one
