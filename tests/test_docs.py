from __future__ import annotations

import re
import sys
from inspect import cleandoc

import pytest

from kpl.coredns.versions import NEWEST_COREDNS
from kpl.lint.registry import entries
from kpl.lint.rule import Bad
from support import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import generate


def test_rules_page_is_fresh() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == generate.rules_page(), "run docs/generate.py"


def fences_of(text: str) -> tuple[list[str], list[str]]:
    """The texts of the code fences, and the lines outside of them; as CommonMark has it, a fence ends with one as long."""
    fences: list[str] = []
    outside: list[str] = []
    fence = ""
    for line in text.split("\n"):
        marks = re.match("`{3,}", line)
        if fence:
            fences[-1] += "" if line == fence else f"{line}\n"
            fence = "" if line == fence else fence
        elif marks:
            fence = marks[0]
            fences.append("")
        else:
            outside.append(line)
    assert not fence
    return fences, outside


def test_every_code_fence_of_the_rules_page_is_the_text_of_an_example() -> None:
    """Whole and to the letter: what a reader copies out of it is what kpl was tried on."""
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    expected = []
    for entry in entries():
        rule = entry.load()
        expected += fences_of(cleandoc(rule.__doc__ or ""))[0]
        for example in rule.examples:
            if sum(map(len, example.files.values())) >= 3000:
                continue
            expected += [f"# {name}\n{text.rstrip()}\n" for name, text in example.files.items()]
            if isinstance(example, Bad) and example.fixed is not None:
                expected.append(f"{example.fixed.rstrip()}\n")
    assert len(expected) > 500
    assert fences_of(text)[0] == expected


def test_the_headings_of_the_rules_page_are_one_level_below_its_title() -> None:
    _, outside = fences_of((ROOT / "docs" / "rules.md").read_text(encoding="utf-8"))
    first, *headings = [line for line in outside if re.match("#+ ", line)]
    assert first == "# Rules"
    assert [line for line in headings if line.startswith("## ")] == [f"## {e.code} {e.name}" for e in entries()]
    assert {line.split(" ")[0] for line in headings} == {"##", "###"}
    assert {"### Why", "### Fix", "### References", "### Examples"} <= set(headings)


def test_readme_transcript_is_fresh() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generate.TRANSCRIPT.search(text)
    assert text == generate.readme(text), "run docs/generate.py"


def test_the_page_of_verify_names_the_newest_release() -> None:
    text = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    assert f"CoreDNS 1.7.0 to {NEWEST_COREDNS.full}, and" in text
    assert f"| plugin | {NEWEST_COREDNS.full} |" in text


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_readme_names_the_commands_that_ci_runs(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_docs_speak_of_existing_files() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), link
