from __future__ import annotations

import re
import sys
from collections import Counter
from inspect import cleandoc

import pytest

from kpl.coredns.versions import NEWEST_COREDNS
from kpl.inputs import registry
from kpl.inputs.reader import FileKind
from kpl.lint.explain import page
from kpl.lint.registry import entries
from kpl.lint.rule import SYMPTOMS, Bad
from support import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import generate
import inputs

RULES = {entry.code: entry.load() for entry in entries()}
PAGES = ROOT / "docs" / "rules"


def test_the_pages_of_the_rules_are_fresh() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == generate.rules_page(), "run docs/generate.py"
    pages = {path.name: path.read_text(encoding="utf-8") for path in PAGES.iterdir()}
    assert pages == generate.rule_pages(), "run docs/generate.py"


def test_the_page_of_the_inputs_is_fresh() -> None:
    assert inputs.PAGE.read_text(encoding="utf-8") == inputs.page(), "run docs/generate.py"


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda entry: entry.class_name)
def test_the_page_of_the_inputs_has_each_reader_with_its_models(entry: registry.Entry) -> None:
    """What a reader says that it reads is one sentence on one line."""
    (line,) = cleandoc(vars(type(entry.load()))["__doc__"]).split("\n")
    said = re.fullmatch(r"(?:Reads|Finds) (.{5,130})\.", line)
    assert said is not None
    kind = entry.kind
    models = [kind.model] if isinstance(kind, FileKind) else kind.models
    about = said[1].replace("``", "`")
    (row,) = [each for each in inputs.page().splitlines() if f"| {about[:1].upper()}{about[1:]} |" in each]
    assert row.endswith(f"| {', '.join(f'`{each}`' for each in models if each)} |")
    assert f"| {inputs.USES[kind.tells]} |" in row
    for model in filter(None, models):
        assert f"\n| `{model}` | " in inputs.page()


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


def test_every_code_fence_of_a_page_is_the_text_of_an_example() -> None:
    """Whole and to the letter: what a reader copies out of it is what kpl was tried on."""
    total = 0
    for code, rule in RULES.items():
        expected = Counter(fences_of(cleandoc(rule.__doc__ or ""))[0])
        for example in rule.examples:
            if sum(map(len, example.files.values())) >= 3000:
                continue
            expected.update(f"# {name}\n{text.rstrip()}\n" for name, text in example.files.items())
            if isinstance(example, Bad) and example.fixed is not None:
                changed = {next(iter(example.files)): example.fixed, **example.also}
                heads = (f"# {name}\n" if example.also else "" for name in changed)
                expected.update(f"{head}{text.rstrip()}\n" for head, text in zip(heads, changed.values(), strict=True))
        assert Counter(fences_of((PAGES / f"{code}.md").read_text(encoding="utf-8"))[0]) == expected, code
        total += expected.total()
    assert total > 500


@pytest.mark.parametrize("code", RULES)
def test_a_page_has_one_title_and_its_sections(code: str) -> None:
    _, outside = fences_of((PAGES / f"{code}.md").read_text(encoding="utf-8"))
    title, *headings = [line for line in outside if re.match("#+ ", line)]
    assert title == outside[0] == f"# {code} {RULES[code].name}"
    assert {line.split(" ")[0] for line in headings} == {"##"}
    assert headings[0] == "## Why"
    assert "## References" in headings


@pytest.mark.parametrize("code", RULES)
def test_the_link_of_a_finding_leads_to_the_page(code: str) -> None:
    url = RULES[code].url()
    assert url == f"https://github.com/kplint/kpl/blob/main/docs/rules/{code}.md"
    assert (ROOT / url.partition("/blob/main/")[2]).is_file()


def test_the_index_has_each_rule_by_stop_and_by_input_and_each_symptom_with_its_rules() -> None:
    _, symptoms, stops, inputs = re.split("^## .*$", generate.rules_page(), flags=re.MULTILINE)
    for part in (stops, inputs):
        assert set(re.findall(r"rules/(\w+)\.md", part)) == set(RULES)
    for line in symptoms.splitlines()[4:]:
        assert re.search(r"rules/\w+\.md", line) or not line, line
    for symptom in SYMPTOMS.values():
        assert f"| {symptom} | " in symptoms


def test_explain_shows_one_bad_and_one_good_example() -> None:
    lines = []
    for rule in RULES.values():
        short, whole = page(rule), page(rule, everything=True)
        bad, good = (re.findall(f"^{word}(?:,.*)?:$", short, re.MULTILINE) for word in ("Bad", "Good"))
        assert max(len(bad), len(good)) <= 1
        assert set(fences_of(short)[0]) <= set(fences_of(whole)[0])
        assert (short == whole) == ("--all` shows" not in short)
        lines.append(short.count("\n"))
    assert sum(lines) / len(lines) < 60


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
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), link
