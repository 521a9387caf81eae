"""What lint offers is what fix makes: inputs whose fixes fail verification, and what is told of those that meet others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kpl.fix import offers as module
from kpl.fix.fixer import Outcome, fix_texts
from kpl.fix.offers import offers, together
from kpl.fix.verification import Tried, try_fixes
from kpl.inputs.document import Reading
from kpl.lint.engine import lint
from kpl.lint.located import Located
from kpl.lint.settings import Settings
from samples import PROXY, config_map
from support import facts, readings, refused
from support import here as kpl

PROXY_1_37 = {"kubernetes": "1.37"}

DOUBTFUL: dict[str, tuple[str, str | bytes]] = {
    "a misspelt name whose value is refused": ("p.yaml", PROXY.replace("mode: ipvs", "bindAddres: nowhere")),
    "a misspelt name of a section": ("p.yaml", PROXY.replace("mode: ipvs\n", "conntrak:\n  min: -1\n")),
    "CR only": ("Corefile", ". {\r    errors\r    kubernetes a.b {\r        upstream\r    }\r    forward . 10.0.0.1#old 10.0.0.2\r}\r"),
    "an option in a block without its end": ("Corefile", ". {\n    kubernetes a.b {\n        upstream\n"),
    "a proxy in a block without its end": ("Corefile", ". {\n    errors\n    proxy . 10.0.0.1 {\n        policy first\n"),
    "a template's comment": ("Corefile", "{# kpl: ignore[missing-cache] #}\n. {\n    errors\n}\n"),
    "a comment in a broken scalar": ("a.yaml", config_map('"\n    . {\n    # kpl: ignore[missing-cache]\n  }\n    x: "y"\n')),
    "a comment in a broken flow": ("a.yaml", "kind: Pod\nspec: {a: b # kpl: ignore[ndots-search-cost]\n, c: 'd\n"),
    "UTF-16 with a byte too few": ("Corefile", (". {\n    errors\n    forward . 10.0.0.1#old 10.0.0.2\n}\n").encode("utf-16")[:-1]),
    "a name of another encoding": ("Corefile", b"dns:/\xe4.:53 {\n    errors\n    whoami {\n"),
    "a mend that leaves a brace glued": ("Corefile", ". {\n    health\n    lameduck 5s\n    log a{\n}\n"),
    "an upstream line that stands alone": ("Corefile", "lth\n    kubernetes a.b {\n        upstream\n    }\n    proxy . .1.1.\n"),
    "a key that is a plugin": ("Corefile", "prometheus :9\n"),
}  # fmt: skip


def offered(read: Sequence[Reading], settings: Settings, unsafe: bool) -> list[str]:
    found = offers(read, lint(read, settings).findings, settings).findings
    return sorted(finding.code for finding in found if finding.fix and (unsafe or finding.fix.safe))


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize("select", [(), ("ALL",)])
@pytest.mark.parametrize("what", DOUBTFUL)
def test_what_is_offered_is_made(what: str, select: tuple[str, ...], unsafe: bool) -> None:
    name, text = DOUBTFUL[what]
    settings = Settings(select=select, facts=facts(PROXY_1_37))
    read = readings({name: text})
    outcome = fix_texts(read, settings, unsafe)
    assert outcome.bugs == []
    made = [finding.code for finding in outcome.applied]
    told = [each.finding.code for each in outcome.not_applied]
    for code in offered(read, settings, unsafe):
        assert code in made or code in told
    assert bool(outcome.texts) == bool(made)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("a misspelt name whose value is refused", "KPL303"),
        ("a key that is a plugin", "KPL010"),
        ("an upstream line that stands alone", "KPL204"),
    ],
)
def test_a_doubtful_fix_is_not_offered(what: str, code: str) -> None:
    name, text = DOUBTFUL[what]
    settings = Settings(facts=facts(PROXY_1_37))
    read = readings({name: text})
    found = offers(read, lint(read, settings).findings, settings)
    assert code in {each.finding.code for each in found.withheld}
    assert len(found.findings) == len(lint(read, settings).findings), "the finding itself stays"


def test_the_command_offers_what_it_makes(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text("prometheus :9\n", encoding="utf-8")
    assert b"kpl fix)" not in kpl(tmp_path, "lint", "Corefile").stdout
    done = kpl(tmp_path, "fix", "Corefile")
    assert (done.returncode, done.stderr) == (0, b"Nothing to fix.\n1 file checked (1 Corefile).\n")


GOOD = ". {\n    errors\n    forward . 10.0.0.1\n}\n"


def test_one_doubtful_fix_keeps_no_other_one_back() -> None:
    read = readings({"Corefile": "prometheus :9\n", "b/Corefile": GOOD, "c/Corefile": GOOD})
    outcome = fix_texts(read, Settings(), unsafe=False)
    assert sorted(outcome.texts) == ["b/Corefile", "c/Corefile"]
    assert [each.finding.code for each in refused(outcome)] == ["KPL010"]


def test_all_fixes_of_a_run_are_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    run = lint

    def counted(*args: object, **named: object) -> object:
        tried.append(1)
        return run(*args, **named)  # type: ignore[arg-type]

    read = readings({f"{number}/Corefile": GOOD for number in range(30)})
    findings = lint(read, Settings()).findings
    monkeypatch.setattr(module, "lint", counted)
    monkeypatch.setattr("kpl.fix.verification.lint", counted)
    assert sum(1 for each in offers(read, findings, Settings()).findings if each.fix) == 30
    assert len(tried) <= 2


def test_what_is_at_fault_is_looked_for_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    whole = try_fixes

    def counted(readings: Sequence[Reading], batch: Sequence[Located], *more: Any) -> Tried:
        tried.append(len(batch))
        return whole(readings, batch, *more)

    monkeypatch.setattr(module, "try_fixes", counted)
    bad = "---\n" + PROXY.replace("mode: ipvs", "bindAddres: nowhere")
    good = "".join("---\n" + PROXY.replace("mode: ipvs", "bindAddres: 0.0.0.0") for _ in range(31))
    read = readings({"p.yaml": good + bad})
    settings = Settings(facts=facts(PROXY_1_37))
    found = offers(read, lint(read, settings).findings, settings)
    assert [each.finding.code for each in found.withheld] == ["KPL303"]
    assert sum(1 for each in found.findings if each.fix and each.code == "KPL303") == 31
    assert len(tried) <= 12


@pytest.mark.parametrize("limit", ["MAX_TRIES", "MAX_TRIED_TEXT"])
def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(module, limit, 0)
    bad = "".join("---\n" + PROXY.replace("mode: ipvs", "bindAddres: nowhere") for _ in range(4))
    read = readings({"p.yaml": bad})
    settings = Settings(facts=facts(PROXY_1_37))
    found = offers(read, lint(read, settings).findings, settings)
    assert "too many fixes of this file fail verification" in {each.problem for each in found.withheld}
    assert not any(each.fix for each in found.findings if each.code == "KPL303")


def test_fixes_that_meet_are_offered_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(
        f"a{number}.org {{\n    kubernetes c.local {{\n        upstream\n    }}\n}}\n" for number in range(50)
    )
    read = readings({"Corefile": text})
    findings = lint(read, Settings()).findings
    meeting = [each for each in findings if each.fix]
    assert len(together(meeting)[1]) > 40, "they do not meet"
    assert offers(read, findings, Settings()).withheld == []


def test_what_has_no_fix_is_made_together_with_nothing() -> None:
    (read,) = readings({"Corefile": GOOD})
    (finding, *_) = lint([read], Settings(select=("missing-cache",))).findings
    assert together([finding._replace(fix=None), finding, finding]) == ([finding], [finding])


def test_a_fix_that_others_made_impossible_is_no_bug() -> None:
    outcome = Outcome()
    assert refused(outcome) == []
    # two files' fixes never meet; in one file the second is tried in the text that the first one left
    text = ". {\n    errors\n    cache {\n        prefetsh 5\n    }\n    forward . 10.0.0.1#old 10.0.0.2\n}\n"
    outcome = fix_texts(readings({"Corefile": text}), Settings(select=("ALL",)), unsafe=True)
    assert outcome.bugs == []
