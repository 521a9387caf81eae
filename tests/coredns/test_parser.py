"""CoreDNS's parser: what it makes of tokens, and its messages. The verdicts are CoreDNS 1.14.7's."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from kpl.coredns.dispenser import RefusedError
from kpl.coredns.environment import EndlessReplacementError, replace_variables
from kpl.coredns.parser import Block, CorefileParser, EndlessImportError, TooLargeError
from kpl.coredns.tokens import Token, tokenize
from kpl.coredns.versions import directives
from kpl.text.version import Version
from support import ROOT, SHARED

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))
from coredns_oracle import ENVIRONMENT

DIRECTIVES = directives(Version("1.14.7"))


def no_files(parser: CorefileParser, pattern: str) -> list[Token]:
    raise parser.err(f"File to import not found: {pattern}")


def parse(text: str, guarded: bool = True, **environment: str) -> list[Block]:
    return CorefileParser(tokenize(text), DIRECTIVES, environment, no_files, guarded).parse()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a b\nc", [("a", 1), ("b", 1), ("c", 2)]),
        ('a "b\nc" d', [("a", 1), ("b\nc", 1), ("d", 2)]),
        ("a\n\n# x\n\n{ b", [("a", 1), ("{", 5), ("b", 5)]),
        ('a\n"{" b', [("a", 1), ("{", 2), ("b", 2)]),
        ('\r"a b" c', [("a b", 1), ("c", 1)]),
        ("a#b c", [("a", 1), ("c", 1)]),
        ("\ufeffa b", [("a", 1), ("b", 1)]),
        ('a "', [("a", 1)]),
        ('a "" b', [("a", 1), ("", 1), ("b", 1)]),
        ('a "\\"b\\n"', [("a", 1), ('"b\\n', 1)]),
    ],
)
def test_tokens_and_their_lines(text: str, tokens: list[tuple[str, int]]) -> None:
    assert [(token.text, token.line) for token in tokenize(text)] == tokens


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (". {\n    whoami }\n", "Corefile:2 - Error during parsing: Unexpected '}' because no matching opening brace"),
        (". {\n    whoam\n}\n", "Corefile:2 - Error during parsing: Unknown directive 'whoam'"),
        (
            "a.org, {\n",
            "Corefile:1 - Error during parsing: Expected another address but had '{' - check for extra comma",
        ),
        ("a.org,", "Corefile:1 - Error during parsing: Unexpected EOF"),
        (". {\n    whoami\n", "Corefile:2 - Syntax error: Unexpected token 'whoami', expecting '}'"),
        (". {\n    cache {\n", "Corefile:2 - Error during parsing: Unexpected EOF"),
        ("(s) {\n}\n(s) {\n}\n", "Corefile:3 - Error during parsing: redeclaration of previously declared snippet s"),
        ("(s)\nwhoami\n", "Corefile:2 - Syntax error: Unexpected token 'whoami', expecting '{'"),
        (
            ". {\n    import a b\n}\n",
            "Corefile:2 - Error during parsing: Import takes only one argument (glob pattern or file)",
        ),
        (". {\n    import nothing\n}\n", "Corefile:2 - Error during parsing: File to import not found: nothing"),
        (
            "(s) {\n    import s\n}\n",
            "Corefile:3 - Error during parsing: maximum snippet import depth (10000) exceeded",
        ),
    ],
)
def test_what_the_parser_refuses(text: str, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse(text)
    assert caught.value.message == message
    assert caught.value.token is not None


def test_all_occurrences_of_a_directive_are_one_list() -> None:
    (block,) = parse("a.org, b.org:1053\n{\n    log a\n    errors\n    log b {\n        class all\n    }\n}\n")
    assert block.keys == ["a.org", "b.org:1053"]
    assert [token.text for token in block.tokens["log"]] == ["log", "a", "log", "b", "{", "class", "all", "}"]


def test_a_missing_last_brace_is_accepted_behind_a_block() -> None:
    assert len(parse(". {\n    forward . 1.1.1.1 {\n        policy random\n    }\n")) == 1


def test_snippets_take_the_place_of_their_import() -> None:
    (block,) = parse("(s) {\n    cache 30\n    log\n}\n. {\n    import s\n    errors\n}\n")
    assert list(block.tokens) == ["cache", "log", "errors"]


def test_variables() -> None:
    assert replace_variables("{%A%}{$B}{$C:x}{$}", {"A": "{$B}", "B": "b"}) == "bb{$}"
    assert parse("{$ZONE} {\n    whoami\n}\n") == []
    with pytest.raises(EndlessReplacementError):
        parse(". {\n    log {$A}\n}\n", A="{$A}")
    with pytest.raises(EndlessReplacementError):
        parse(". {\n    log {$A}\n}\n", A="{$A}{$A}")


def test_snippets_that_grow_have_an_end() -> None:
    text = "(a) {\n" + "    log x\n" * 1000 + "}\n(b) {\n" + "    import a\n" * 3000 + "}\n. {\n    import b\n}\n"
    with pytest.raises(TooLargeError):
        parse(text)


def test_before_1_13_snippets_that_import_each_other_never_end() -> None:
    text = "(a) {\n    import b\n}\n(b) {\n    import a\n}\n. {\n    import a\n}\n"
    with pytest.raises(EndlessImportError):
        parse(text, guarded=False)
    with pytest.raises(RefusedError, match="maximum snippet import depth"):
        parse(text)


def test_many_braces_are_no_depth() -> None:
    with pytest.raises(RefusedError, match="Unexpected EOF"):
        parse(". {\n    log " + "{ " * 100_000)


ROWS = [json.loads(line) for line in (ROOT / "tests/coredns/recorded.jsonl").read_text(encoding="utf-8").splitlines()]
PARSER = re.compile(
    r"(Unknown directive|Unexpected|redeclaration|maximum snippet|Import |Expected|Wrong argument count.* after 'import')|Syntax error"
)


@pytest.mark.skipif(not (SHARED / "conformance").is_dir(), reason="no recorded verdicts here")
@pytest.mark.parametrize("name", ["plugin_verdicts.jsonl", "mutants.jsonl", "syntax_cases.json"])
def test_the_parser_says_what_coredns_says(name: str) -> None:
    text = (SHARED / "conformance" / name).read_text()
    whole = json.loads(text) if name.endswith(".json") else {"env": {}, "cases": []}
    _compare(whole["cases"] or [json.loads(line) for line in text.split("\n") if line], whole["env"])


def test_the_parser_says_what_coredns_said_of_what_is_recorded_here() -> None:
    _compare([row for row in ROWS if "1.14.7" not in row["older"]], ENVIRONMENT)


def _compare(rows: list[dict[str, Any]], environment: dict[str, str]) -> None:
    wrong, seen = [], 0
    for row in rows:
        recorded = re.sub(r"^\[\w+\] ", "", row["error"] or "").strip()
        expected = recorded if PARSER.search(recorded) and "plugin/" not in recorded else None
        try:
            parse(row["corefile"] if "corefile" in row else row["input"], True, **environment)
            got = None
        except RefusedError as refused:
            got = refused.message.strip()
        except EndlessReplacementError:
            continue
        if got and "File to import" in got:
            continue
        seen += 1
        if got != expected and not (expected is None and got is None):
            wrong.append((row, got))
    assert seen > 100
    assert wrong == []
