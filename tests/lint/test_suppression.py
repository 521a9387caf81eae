"""``# kpl: ignore[rule] reason``: what it silences, and what it does not."""

from __future__ import annotations

import pytest

from kpl.fix.fixer import fix_texts
from kpl.lint.settings import Settings
from kpl.lint.suppression import find_suppressions
from samples import config_map, indented
from support import readings, refused, run, underlined

BAD = ". {\n    forward . 9.9.9.9\n}\n"
CACHE = ("missing-cache", "unused-suppression")


def found(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(each.name, underlined(each)) for each in run(files, CACHE).findings]


@pytest.mark.parametrize(
    "text",
    [
        ". {\n    forward . 9.9.9.9  # kpl: ignore[missing-cache] the upstream caches\n}\n",
        ". {\n    # kpl: ignore[missing-cache]\n    forward . 9.9.9.9\n}\n",
        ". {\n    # kpl: ignore[KPL201, missing-cache]\n    forward . 9.9.9.9\n}\n",
        ". {\n    # kpl: ignore[missing-cache]\n    # and another comment\n    forward . 9.9.9.9\n}\n",
        ". {\n    #kpl:ignore[kpl201]\n    forward . 9.9.9.9\n}\n",
        "# kpl: ignore-file[missing-cache]\n" + BAD,
        BAD + "# kpl: ignore-file[missing-cache] at the end",
        ". {\r\n    # kpl: ignore[missing-cache]\r\n    forward . 9.9.9.9\r\n}\r\n",
    ],
)
def test_a_finding_is_silenced(text: str) -> None:
    result = run({"Corefile": text}, CACHE)
    assert result.findings == []
    assert result.silenced == 1


@pytest.mark.parametrize(
    "text",
    [
        "# kpl: ignore[missing-cache]\n" + BAD,
        ". {\n    forward . 9.9.9.9\n    # kpl: ignore[missing-cache]\n}\n",
        ". {\n    # kpl: ignore[loop]\n    forward . 9.9.9.9\n}\n",
        ". {\n    # kpl: ignore[KPL2]\n    forward . 9.9.9.9\n}\n",
        ". {\n    # kpl: ignored\n    forward . 9.9.9.9\n}\n",
        ". {\n    forward . 9.9.9.9 x#kpl: ignore[missing-cache]\n}\n",
    ],
)
def test_a_finding_elsewhere_or_of_another_rule_is_not(text: str) -> None:
    assert "missing-cache" in [name for name, _ in found({"Corefile": text})]


LINES = {
    "literal": config_map("|\n" + indented(". {\n    # kpl: ignore[missing-cache] x\n    forward . 9.9.9.9\n}\n", 4)),
    "one line": config_map('". {\\n    # kpl: ignore[missing-cache] x\\n    forward . 9.9.9.9\\n}\\n"\n'),
    "behind": config_map('". {\\n    forward . 9.9.9.9 # kpl: ignore[missing-cache]\\n}\\n"\n'),
    "file, inside": config_map('". {\\n    forward . 9.9.9.9\\n}\\n# kpl: ignore-file[missing-cache]\\n"\n'),
    "file, outside": "# kpl: ignore-file[missing-cache]\n" + config_map('". {\\n    forward . 9.9.9.9\\n}\\n"\n'),
    "line, outside": config_map('". {\\n    forward . 9.9.9.9\\n}\\n" # kpl: ignore[missing-cache]\n'),
}


@pytest.mark.parametrize("name", LINES)
def test_a_corefile_inside_of_yaml_is_silenced_by_its_own_lines_and_by_the_files(name: str) -> None:
    result = run({"cm.yaml": LINES[name]}, CACHE)
    assert [each.name for each in result.findings] == []
    assert result.silenced == 1


def test_one_comment_on_one_line_does_not_reach_the_other_lines_of_an_escaped_corefile() -> None:
    text = config_map(
        '". {\\n    # kpl: ignore[missing-cache]\\n    forward . 9.9.9.9\\n}\\n.:54 {\\n    forward . 9.9.9.9\\n}\\n"\n'
    )
    result = run({"cm.yaml": text}, CACHE)
    assert [each.name for each in result.findings] == ["missing-cache"]
    assert result.silenced == 1


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        (BAD + "# kpl: ignore[missing-cache]\n", "missing-cache"),
        ("# kpl: ignore-file[no-such-rule]\n", "no-such-rule"),
        ("# kpl: ignore-file\n", "# kpl: ignore-file"),
    ],
)
def test_what_silences_nothing_is_a_finding(text: str, idle: str) -> None:
    assert ("unused-suppression", idle) in found({"Corefile": text})


def test_a_suppression_of_a_rule_that_did_not_run_is_not_called_idle() -> None:
    files = {"Corefile": BAD + "# kpl: ignore-file[missing-cache]\n"}
    assert run(files, ("unused-suppression",)).findings == []


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("# kpl: ignore-file[missing-cache]\n. {\n    errors\n}\n", ". {\n    errors\n}\n"),
        ("# kpl: ignore-file[missing-cache]\r\n. {\r\n    errors\r\n}\r\n", ". {\r\n    errors\r\n}\r\n"),
        (". {\n    errors # kpl: ignore[missing-cache]\n}\n", ". {\n    errors\n}\n"),
        (". {\n    errors\n}\n# kpl: ignore-file[missing-cache]", ". {\n    errors\n}\n"),
    ],
)
def test_an_idle_suppression_is_taken_out(text: str, fixed: str) -> None:
    outcome = fix_texts(readings({"Corefile": text}), Settings(select=CACHE), unsafe=False)
    assert refused(outcome) == []
    assert outcome.texts == {"Corefile": fixed}


def test_an_idle_suppression_inside_of_a_quoted_scalar_is_taken_out() -> None:
    text = config_map('". {\\n    errors # kpl: ignore[missing-cache]\\n}\\n"\n')
    outcome = fix_texts(readings({"cm.yaml": text}), Settings(select=CACHE), unsafe=False)
    assert refused(outcome) == []
    assert outcome.texts == {"cm.yaml": text.replace(" # kpl: ignore[missing-cache]", "")}


def test_names_have_places() -> None:
    text = "a # kpl: ignore[one, KPL2]  why\n"
    (suppression,) = find_suppressions(text)
    assert [text[slice(*name.span)] for name in suppression.names] == ["one", "KPL2"]
    assert text[slice(*suppression.span)] == "# kpl: ignore[one, KPL2]  why"
    assert suppression.line == 1
