"""What a user reads is plain American English: no phrase that only a translator writes, and the form of each kind of text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from kpl.lint.registry import RuleEntry, entries

ROOT = Path(__file__).parent.parent
MODULES = [
    path.relative_to(ROOT).as_posix()
    for home in ("linter/kpl", "rules/kpl_rules")
    for path in sorted((ROOT / home).rglob("*.py"))
]

LONGEST_SUMMARY = 110

NOT_YET = (
    "linter/kpl/cli/",
    "linter/kpl/report/",
)
"""Folders whose texts are still to follow the guide: each leaves the list when it does, and the list goes with the last."""

QUOTED = (
    "linter/kpl/coredns/plugins/",
    "linter/kpl/golang/",
    "linter/kpl/proxy/configuration/verdict/",
)
"""Folders whose texts are the messages of CoreDNS, Go and kube-proxy, quoted to the letter."""

FORBIDDEN = {
    "not separated from": r"\bglued\b(?!-)",
    "fix": r"\bmend(s|ed|ing)?\b",
    "again": r"\banew\b",
    "on every": r"\bat each\b",
    "X is not a ...": r"(?<!there )\b(is|are) (no (?!longer\b|more than\b|less than\b)|none\b)",
    "space, whitespace": r"(?<!or )\bblanks?\b",
    "is, comes": r"\bstands\b|\bstand (after|among|before|behind|between|for|in|last|on|there|twice)\b",
    "after": r"\b(comes?|stands?|written|space|blank|word) behind\b|\bbehind (`|each\b|it\b|the (brace|colon|comma|key|line|name|zone)\b)",
    "silently": r"\bwithout a word\b|\bin silence\b|\bsays nothing\b",
    "ignore": r"\bpass(es|ed)? over\b",
    "found in a parent directory": r"\bfound upwards\b",
    "routed to the wrong host": r"\bgo(es)? astray\b",
    "receives no response, times out": r"\bgets? no answer\b",
    "still": r"\ball the same\b",
    "the minimum, the maximum": r"\bthe least one\b|\b(is|are) the (least|most)\b(?! \w)",
    "about 1,000": r"\bsome (\d|\{\})",
    "answers, must be masqueraded": r"\b(is|are|was|were) to be\b|\b(is|are|was|were) to (answer|go|listen)\b",
    "failed verification": r"\bstand verification\b",
    "1.8 and later": r"\bfrom ((CoreDNS|Kubernetes|kube-proxy|Linux) )?(v?\d[\d.]*|\{\}) on\b|\bup to today\b",
    "separately": r"\bby itself\b|\b(on|of) (its|one's|their) own\b",
    "name the thing": r"\bthe like\b|\bwhat it says\b|\b(is|are|was|were) told\b",
    "no longer": r"\bno more\b(?! than\b)|\bnot any ?more\b|\bany more\b$",
    "complete": r"\bnot whole\b|\bas a whole\b|\bthe whole (block|cluster|dump|file|line|search|table|transaction)\b",
    "remove": r"\b(leav(e|es|ing)|left|tak(e|es|en)) (it|them|the \w+) out\b|\b(leave|left|take|taken) out\b",
    "ask the DNS server": r"\basked of\b",
    "uses": r"\beats\b",
    "requires X to": r"\bleaves it to\b|\basks only that\b",
    "forever": r"\bfor ever\b",
    "American spelling": r"\bmisspelt\b|(behavi|col|fav|hon)our|\b(analys|initialis|normalis|optimis|organis|recognis|summaris)e",
    "no advice in a message": r"\bshould\b|\bconsider\b|\bplease\b",
    "Check files and directories": r"\bFind faults\b",
    "External plugins": r"\bbeside its own\b",
    "Output format": r"\bHow to print\b|\bWhen to colou?r\b|\bWhose image\b|\bEvery file is one\b",
    "1 refused.": r"(\d|\{\}) (is|are) refused\.",
    "this traffic bypasses Services": r"\bnot reached that way\b",
}
"""What to write -> what nobody writes: the two columns of the guide, as far as a machine can tell them apart."""

LEFT_COLUMN = [
    "the option stands behind the closing brace",
    "`a..b` is no domain name",
    "write a blank behind the comma",
    "indent with blanks",
    "the brace is glued to the key",
    "the fix mends all of them",
    "the dump is not whole",
    "start the pods anew",
    "queries are lost at each rollout",
    "to each family by itself",
    "on a line of its own",
    "leave it out",
    "take the field out",
    "the block that is to answer",
    "what is to be masqueraded",
    "answers go astray",
    "the client gets no answer",
    "CoreDNS drops it without a word",
    "a configuration that was found upwards",
    "Whose image reads the Corefiles",
    "Plugins in the CoreDNS image beside its own",
    "Every file is one, whatever its name or text",
    "How to print",
    "When to colour",
    "Find faults in PATHS: files, folders",
    "1 is refused.",
    "it did not stand verification",
    "Services are not reached that way",
    "it keeps 1,024 answers all the same",
    "this is the least one",
    "32 is the most",
    "compared with some 1,004 rules",
    "it works from 1.8 on",
    "up to today",
    "is asked of the node's DNS",
    "you should set it",
]


def _waits(module: str) -> bool:
    return module.startswith(NOT_YET)


def _wrong(text: str) -> list[str]:
    """What is wrong with `text`, as ``phrase -> what to write``."""
    return [
        f"{found.group()!r} -> {instead!r}: ...{text[max(found.start() - 40, 0) : found.end() + 40]}..."
        for instead, pattern in FORBIDDEN.items()
        if (found := re.search(pattern, text, re.IGNORECASE))
    ]


def _written(node: ast.expr) -> str | None:
    """The text of a literal, with ``{}`` where a value comes in; None for what is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def _literals(module: str) -> Iterator[str]:
    """The texts of `module` with a space in them, without its docstrings and the examples of its rules."""

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id == "examples" for name in node.targets
        ):
            return
        text = _written(node) if isinstance(node, ast.expr) else None
        if text is not None and " " in text.strip():
            yield text
        for child in [] if isinstance(node, ast.JoinedStr) and text is not None else ast.iter_child_nodes(node):
            yield from walk(child)

    yield from walk(_tree(module))


def _choices(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be, as far as they are written where it is passed."""
    if isinstance(node, ast.IfExp):
        yield from _choices(node.body)
        yield from _choices(node.orelse)
    elif text := _written(node):
        yield text


def _passed(module: str, functions: tuple[str, ...], position: int, keyword: str) -> list[str]:
    """The texts that `module` passes as an argument to one of `functions`."""
    texts = []
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in functions:
            given = [each.value for each in node.keywords if each.arg == keyword]
            texts += [text for each in given or node.args[position : position + 1] for text in _choices(each)]
    return texts


def _messages(module: str) -> list[str]:
    return _passed(module, ("finding", "finding_of_many", "Fault"), 1, "message")


def _helps(module: str) -> list[str]:
    return [
        *_passed(module, ("finding", "finding_of_many", "Fault"), 2, "help"),
        *_passed(module, ("Mend",), 0, "help"),
    ]


def _titles(module: str) -> list[str]:
    return _passed(module, ("Fix",), 0, "title")


DONE = [module for module in MODULES if not module.startswith(QUOTED) and not _waits(module)]


@pytest.mark.parametrize("phrase", LEFT_COLUMN)
def test_the_left_column_is_recognized(phrase: str) -> None:
    assert _wrong(phrase)


@pytest.mark.parametrize("module", DONE)
def test_literals_are_plain_english(module: str) -> None:
    assert [wrong for text in _literals(module) for wrong in _wrong(text)] == []


def _entries() -> list[RuleEntry]:
    return [entry for entry in entries() if not _waits(f"rules/{entry.module.replace('.', '/')}.py")]


@pytest.mark.parametrize("entry", _entries(), ids=lambda entry: entry.name)
def test_a_page_is_plain_english(entry: RuleEntry) -> None:
    rule = entry.load()
    assert _wrong(" ".join(rule.documentation().split())) == []
    assert len(rule.summary()) <= LONGEST_SUMMARY


@pytest.mark.parametrize("module", DONE)
def test_each_kind_of_text_has_its_form(module: str) -> None:
    # a value may come first or last
    assert [text for text in _messages(module) if text.endswith(".")] == []
    assert [text for text in _helps(module) if not re.fullmatch(r"([A-Z]|\{\}).*[.}]", text)] == []
    assert [text for text in _titles(module) if not re.fullmatch(r"([A-Z]|\{\}).*[^.]", text)] == []


def test_texts_are_found() -> None:
    for find, least in ((_messages, 80), (_helps, 100), (_titles, 30)):
        assert sum(len(find(module)) for module in DONE) >= least, find.__name__
