"""``# kpl: ignore[rule] reason``: what it silences, and what it does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kpl.fix.fixer import fix_texts
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from kpl.lint.suppression import find_suppressions
from kpl.text.edit import apply_edits
from samples import config_map, indented
from support import here as kpl
from support import readings, refused, run, underlined

BAD = ". {\n    forward . 9.9.9.9\n}\n"
CACHE = ("missing-cache", "unused-suppression")


ALONE = ("log-format-is-a-scope", "unused-suppression")
"""A rule that looks at nothing but its file."""


def found(files: dict[str, str], complete: bool = False) -> list[tuple[str, str]]:
    findings = lint(readings(files), Settings(select=CACHE, complete=complete)).findings
    return [(each.name, underlined(each)) for each in findings]


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
    assert ("unused-suppression", idle) in found({"Corefile": text}, complete=True)


JOINED = {
    "KPL201": "# kpl: ignore-file[KPL201]\n. {\n    errors\n}\n",
    "a version": "# kpl: ignore-file[corefile-refused]\n. {\n    whoami\n}\n",
}


@pytest.mark.parametrize("name", JOINED)
def test_a_rule_that_looks_at_more_than_one_file_is_judged_in_a_run_over_everything(name: str) -> None:
    select = ("KPL201", "KPL010", "KPL002", "KPL001")
    files = {"Corefile": JOINED[name]}
    assert lint(readings(files), Settings(select=select)).findings == []
    (finding,) = lint(readings(files), Settings(select=select, complete=True)).findings
    assert finding.fix is not None
    assert not finding.fix.safe  # the command line of another run may say more
    files["broken.yaml"] = "kind: Service\nmetadata: {name: a\n"
    findings = lint(readings(files), Settings(select=select, complete=True)).findings
    assert [each.code for each in findings] == ["KPL001"]


REASONS = {
    "after": "    log  # kpl: ignore[log-format-is-a-scope] our parser wants it\n",
    "after, with a colon": "    log  # kpl: ignore[log-format-is-a-scope]: wanted\n",
    "before": "    log  # wanted  # kpl: ignore[log-format-is-a-scope]\n",
    "above": "    # our parser wants it\n    # kpl: ignore[log-format-is-a-scope]\n    log\n",
    "for one of two": "    log  # kpl: ignore[log-format-is-a-scope, no-such-rule] our parser wants it\n",
}


@pytest.mark.parametrize("name", REASONS)
@pytest.mark.parametrize("complete", [True, False])
def test_a_comment_with_a_reason_is_never_removed(name: str, complete: bool) -> None:
    text = f"lan {{\n    whoami\n{REASONS[name]}}}\n"
    settings = Settings(select=ALONE, complete=complete)
    assert "unused-suppression" in [each.name for each in lint(readings({"Corefile": text}), settings).findings]
    outcome = fix_texts(readings({"Corefile": text}), settings, unsafe=True)
    assert (outcome.texts, outcome.bugs) == ({}, [])


def test_a_name_that_a_plug_in_may_define_and_a_rule_with_options_are_removed_on_demand_alone() -> None:
    files = {"Corefile": "# kpl: ignore-file[no-such-rule]\n. {\n    whoami\n}\n"}
    settings = Settings(select=ALONE)
    assert fix_texts(readings(files), settings, unsafe=False).texts == {}
    assert fix_texts(readings(files), settings, unsafe=True).texts == {"Corefile": ". {\n    whoami\n}\n"}
    conntrack = "net.netfilter.nf_conntrack_count = 3\n"
    files = {"node.conntrack": f"# kpl: ignore-file[conntrack-table-overflow]\n{conntrack}"}
    settings = Settings(select=("KPL461", "KPL002"))
    assert fix_texts(readings(files), settings, unsafe=False).texts == {}
    assert fix_texts(readings(files), settings, unsafe=True).texts == {"node.conntrack": conntrack}


def test_the_run_over_a_repository_is_complete_and_over_its_files_is_not(tmp_path: Path) -> None:
    text = "# kpl: ignore-file[missing-cache]\nlan {\n    errors\n    whoami\n}\n"
    (tmp_path / "Corefile").write_text(text)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert kpl(tmp_path, "lint", "--no-context", "Corefile").stdout.count(b"KPL002") == 0
    assert kpl(tmp_path, "lint", "--format", "concise", "Corefile").stdout.count(b"KPL002") == 1
    assert kpl(tmp_path, "lint", "--format", "concise").stdout.count(b"KPL002") == 1
    assert kpl(tmp_path, "lint", "--format", "concise", ".").stdout.count(b"KPL002") == 1
    kpl(tmp_path, "fix", "Corefile")
    kpl(tmp_path, "fix")
    assert (tmp_path / "Corefile").read_text() == text
    # it may hold what makes the difference
    (tmp_path / "secret.yaml").write_text("kind: ConfigMap\ndata: ENC[AES256_GCM,data:x]\nsops: {version: 3.9.0}\n")
    assert kpl(tmp_path, "lint", "--format", "concise").stdout.count(b"KPL002") == 0


def test_a_suppression_of_a_rule_that_did_not_run_is_not_called_idle() -> None:
    files = {"Corefile": BAD + "# kpl: ignore-file[missing-cache]\n"}
    assert run(files, ("unused-suppression",)).findings == []


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("# kpl: ignore-file[log-format-is-a-scope]\n. {\n    log\n}\n", ". {\n    log\n}\n"),
        ("# kpl: ignore-file[log-format-is-a-scope]\r\n. {\r\n    log\r\n}\r\n", ". {\r\n    log\r\n}\r\n"),
        (". {\n    log # kpl: ignore[log-format-is-a-scope]\n}\n", ". {\n    log\n}\n"),
        (". {\n    log\n}\n# kpl: ignore-file[log-format-is-a-scope]", ". {\n    log\n}\n"),
    ],
)
def test_an_idle_suppression_is_taken_out(text: str, fixed: str) -> None:
    outcome = fix_texts(readings({"Corefile": text}), Settings(select=ALONE), unsafe=False)
    assert refused(outcome) == []
    assert outcome.texts == {"Corefile": fixed}


def test_an_idle_suppression_inside_of_a_quoted_scalar_is_taken_out() -> None:
    text = config_map('". {\\n    log # kpl: ignore[log-format-is-a-scope]\\n}\\n"\n')
    outcome = fix_texts(readings({"cm.yaml": text}), Settings(select=ALONE), unsafe=False)
    assert refused(outcome) == []
    assert outcome.texts == {"cm.yaml": text.replace(" # kpl: ignore[log-format-is-a-scope]", "")}


def test_names_have_places() -> None:
    text = "a # kpl: ignore[one, KPL2]  why\n"
    (suppression,) = find_suppressions(text)
    assert [text[slice(*name.span)] for name in suppression.names] == ["one", "KPL2"]
    assert text[slice(*suppression.span)] == "# kpl: ignore[one, KPL2]  why"
    assert suppression.line == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# kpl: ignore[a]\nx\n", [2]),
        ("x # kpl: ignore[a]\n", [1]),
        ("# kpl: ignore-file[a]\n", [None]),
        ("# kpl: ignore[a]\n# kpl: ignore[b]\n# more\nx\n", [4, 4]),
        ("# kpl: ignore[a]\nx\n# kpl: ignore[b]\ny\n", [2, 4]),
        ("# kpl: ignore[a]\n\nx\n", [2]),
        # behind the last line there is no other
        ("x\n# kpl: ignore[a]", [3]),
        ("x\n# kpl: ignore[a]\n# more", [3]),
        ("a\tb\t#kpl:\tignore[a]\r\n\t# kpl:ignore[b]\r\nx\r\n", [1, 3]),
        ("x#kpl: ignore[a]\n", []),
        ("# kpl:\n# ignore[a]\n", []),
        ("# kpl: ignores[a]\n", []),
    ],
)
def test_the_line_that_a_comment_speaks_of(text: str, lines: list[int | None]) -> None:
    assert [each.line for each in find_suppressions(text)] == lines


@pytest.mark.parametrize(
    ("text", "has_reason"),
    [
        ("x # kpl: ignore[a]", False),
        ("x # kpl: ignore[a] why", True),
        ("x # kpl: ignore[a] -- :", False),
        ("x # kpl: ignore", False),
        ("x # kpl: ignore why", False),  # it names no rule
        ("x # why # kpl: ignore[a]", True),
        ("# why\n# kpl: ignore[a]\nx", True),
        ("  # why\n\t# kpl: ignore[a]\nx", True),
        ("why\n# kpl: ignore[a]\nx", False),
        ("# why\nx\n# kpl: ignore[a]\ny", False),
        ("# kpl: ignore[b] its own\n# kpl: ignore[a]\nx", False),
        ("\n# kpl: ignore[a]\nx", False),
        ("# kpl: ignore[a]\n# why\nx", False),
    ],
)
def test_where_a_reason_is_looked_for(text: str, has_reason: bool) -> None:
    assert [each.has_reason for each in find_suppressions(text)][-1] is has_reason


@pytest.mark.parametrize(
    ("text", "idle", "left"),
    [
        ("x # kpl: ignore[a, b]\ny\n", "ab", "x\ny\n"),
        ("x\t # kpl: ignore[a] why\ny\n", "a", "x\ny\n"),
        ("x # kpl: ignore[a, b,c]  why\n", "b", "x # kpl: ignore[a, c]  why\n"),
        ("x # kpl: ignore[a, b]\n", "a", "x # kpl: ignore[b]\n"),
        ("x\n  # kpl: ignore[a]\ny\n", "a", "x\ny\n"),
        ("# kpl: ignore[a]\nx\n", "a", "x\n"),
        ("x\n# kpl: ignore[a]", "a", "x\n"),
        ("# kpl: ignore-file\nx\n", "", "x\n"),
    ],
)
def test_what_is_idle_is_taken_out(text: str, idle: str, left: str) -> None:
    (found,) = find_suppressions(text)
    found.judged = set(idle)
    assert apply_edits(text, found.removal()) == left


def test_what_is_idle() -> None:
    (found,) = find_suppressions("x # kpl: ignore[used, judged, unknown, unseen, both]")
    found.used, found.judged, found.unknown = {"used", "both"}, {"used", "judged", "both"}, {"unknown"}
    assert found.idle == ["judged", "unknown"]


def test_of_two_comments_for_one_line_both_are_used() -> None:
    text = ". {\n    # kpl: ignore[missing-cache]\n    # kpl: ignore[KPL201]\n    forward . 9.9.9.9\n}\n"
    assert found({"Corefile": text}, complete=True) == []
    more = text.replace("9.9.9.9\n", "9.9.9.9 # kpl: ignore[missing-cache]\n")
    assert found({"Corefile": more}, complete=True) == []
    assert run({"Corefile": more}, CACHE).silenced == 1


def test_a_comment_in_a_text_that_an_alias_brings_in() -> None:
    text = (
        "a: &c |\n  # kpl: ignore-file[missing-cache]\n" + indented(BAD, 2) + "kind: ConfigMap\ndata:\n  Corefile: *c\n"
    )
    assert run({"cm.yaml": text}, CACHE).findings == []


def test_a_comment_inside_of_one_scalar_says_nothing_of_the_next() -> None:
    head = "kind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata:\n"
    quiet = '". {\\n    forward . 9.9.9.9\\n}\\n# kpl: ignore-file[missing-cache]\\n"\n'
    loud = '". {\\n    forward . 9.9.9.9\\n}\\n"\n'
    for first, second in ((quiet, loud), (loud, quiet)):
        result = run({"cm.yaml": f"{head}  Corefile: {first}  x.server: {second}"}, CACHE)
        assert ([each.name for each in result.findings], result.silenced) == (["missing-cache"], 1)
    outside = f"{head}  Corefile: {loud}  x.server: {loud}# kpl: ignore-file[missing-cache]\n"
    assert run({"cm.yaml": outside}, CACHE).silenced == 2
