"""What users read keeps to plain American English: no phrase that was once written here and that no native speaker writes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kpl.cli.main import cli
from support import ROOT, commands

PHRASES = [
    r"stands? (?:before|behind|beside|in|on|there|twice|where|without)\b",
    r"(?<!there )is no (?!longer\b)",
    r"blanks?\b",
    r"glued\b(?!-)",
    r"mend(?:s|ed|ing)?\b(?!/)",
    r"anew\b",
    r"at each\b(?! stop)",
    r"by (?:itself|themselves)\b",
    r"on (?:its|their) own\b",
    r"(?:leaves?|left|leaving|takes?|taken) (?:it |them )?out\b",
    r"(?:is|are) to \w+",
    r"astray\b",
    r"gets? no answer",
    r"without a word",
    r"what it says",
    r"upwards\b",
    r"told by\b",
    r"beside\b",
    r"elsewhere than\b",
    r"how to print",
    r"\d (?:is|are) refused\.",
    r"did not stand",
    r"all the same\b",
    r"the (?:least|most) one\b",
    r"some \d",
    r"look(?:s|ed)? at all of it",
    r"whole\b(?! one)",
    r"holds? (?:no|nothing)\b",
    r"from \d+\.\d[\d.]* (?:on|upwards)\b",
    r"\d or (?:newer|older)\b",
    r"(?:behavio|colo|favo|neighbo)ur",
    r"\w*(?:organis|recognis|normalis|optimis|summaris)\w*",
    r"licence\b",
    r"misspelt\b",
]
FOUND = re.compile("|".join(rf"\b(?:{phrase})" for phrase in PHRASES), re.IGNORECASE)
FENCE = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")

PAGES = [
    *ROOT.glob("*.md"),
    *(each for each in (ROOT / "docs").glob("*.md") if each.name != "rules.md"),
    *(ROOT / "examples").glob("*/README.md"),
    ROOT / ".pre-commit-hooks.yaml",
]


def prose(text: str) -> str:
    return CODE.sub("`x`", FENCE.sub("", text))


def phrases(text: str) -> list[str]:
    return [found[0] for found in FOUND.finditer(prose(text))]


@pytest.mark.parametrize(
    "text",
    [
        "the `{` stands on the next line",
        "`x` is no domain name",
        "add a blank",
        "the zone is to answer",
        "Found in 1.8 or newer",
        "not read, from 1.8 on",
        "How to print.",
        "it keeps 1,024 all the same",
    ],
)
def test_the_phrases_are_found(text: str) -> None:
    assert phrases(text)


@pytest.mark.parametrize(
    "text", ["there is no cache", "it is no longer read", "`is to` stands for itself", "a whole one"]
)
def test_what_is_english_is_not_found(text: str) -> None:
    assert not phrases(text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages(path: Path) -> None:
    assert phrases(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("stop", ["KPL4"])
def test_pages_of_rules(stop: str) -> None:
    pages = list((ROOT / "docs" / "rules").glob(f"{stop}*.md"))
    assert pages
    found = {path.name: phrases(path.read_text(encoding="utf-8")) for path in pages}
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("ctx", list(commands(cli)), ids=lambda ctx: ctx.command_path)
def test_helps(ctx: click.Context) -> None:
    assert phrases(ctx.command.get_help(ctx)) == []


def described(value: object) -> Iterator[str]:
    """The titles and descriptions of a JSON Schema."""
    if isinstance(value, dict):
        yield from (text for key, text in value.items() if key in ("title", "description") and isinstance(text, str))
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from described(each)


@pytest.mark.parametrize("path", [*(ROOT / "linter").rglob("*.schema.json")], ids=lambda path: path.name)
def test_schemas(path: Path) -> None:
    assert [found for text in described(json.loads(path.read_text(encoding="utf-8"))) for found in phrases(text)] == []


def strings(text: str) -> Iterator[str]:
    """The strings of a module that are no docstrings, without what is filled into them."""
    tree = ast.parse(text)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(each.value if isinstance(each, ast.Constant) else "x" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


FOLDERS = ("cli", "clusters", "fix", "generate", "inputs", "lint", "report", "text", "verify")


@pytest.mark.parametrize("folder", FOLDERS)
def test_messages(folder: str) -> None:
    found = {}
    for path in (ROOT / "linter" / "kpl" / folder).rglob("*.py"):
        for text in strings(path.read_text(encoding="utf-8")):
            if " " in text and phrases(text):
                found[f"{path.name}: {text}"] = phrases(text)
    assert found == {}
