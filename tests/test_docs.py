from __future__ import annotations

import sys

import pytest

from support import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import generate


def test_rules_page_is_fresh() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == generate.rules_page(), "run docs/generate.py"


def test_readme_transcript_is_fresh() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generate.TRANSCRIPT.search(text)
    assert text == generate.readme(text), "run docs/generate.py"


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_readme_names_the_commands_that_ci_runs(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_docs_speak_of_existing_files() -> None:
    import re

    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), link
