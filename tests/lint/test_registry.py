"""Which rules run, and where they come from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpl import troubles
from kpl.errors import UsageError
from kpl.lint import registry
from kpl.lint.config import load_config
from kpl.lint.engine import lint
from kpl.lint.registry import RuleEntry, choose, entries, find, scan_package
from kpl.lint.settings import Settings
from support import readings, run

RULE = '''
from __future__ import annotations
from collections.abc import Iterator
from kpl import Finding, Rule, Severity, Stop
from kpl.corefiles import ServerBlock

class {name}(Rule):
    """A server is seen.

    ## Why
    For the test.
    """

    code = "{code}"
    name = "{slug}"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "1"
    options = {{"text": "seen", "most": 3}}

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        yield self.finding(server.key_span, self.option["text"])
'''


def codes(
    select: list[str], extend: list[str] | None = None, ignore: list[str] | None = None, profile: str = "default"
) -> set[str]:
    return {rule.code for rule in choose(select, extend or [], ignore or [], profile)}


ALL = {rule.code for rule in entries()}
DEFAULT = {rule.code for rule in entries() if rule.profile == "default"}


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "expected"),
    [
        ([], [], [], DEFAULT),
        (["ALL"], [], [], ALL),
        ([], ["ALL"], [], ALL),
        (["KPL201"], [], [], {"KPL201"}),
        (["kpl201"], [], [], {"KPL201"}),
        (["missing-cache"], [], [], {"KPL201"}),
        (["missing-ca"], [], [], {"KPL201"}),
        (["KPL00"], [], [], {code for code in ALL if code.startswith("KPL00")}),
        ([], [], ["missing-cache"], DEFAULT - {"KPL201"}),
        (["KPL201"], [], ["KPL2"], {"KPL201"}),
        (["KPL2"], [], ["KPL201"], {code for code in ALL if code.startswith("KPL2")} - {"KPL201"}),
        (["KPL201"], [], ["KPL201"], set()),
        ([], [], ["ALL"], set()),
        (["KPL201"], [], ["ALL"], {"KPL201"}),
        ([], ["KPL201"], ["KPL"], {"KPL201"}),
    ],
)
def test_rules_are_chosen_by_code_name_and_prefix(
    select: list[str], extend: list[str], ignore: list[str], expected: set[str]
) -> None:
    assert codes(select, extend, ignore) == expected


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_selector_that_names_no_rule_is_an_error(where: int) -> None:
    selectors: list[list[str]] = [[], [], []]
    selectors[where] = ["KPL9999"]
    with pytest.raises(UsageError, match="no rule is called `KPL9999`; `kpl rules` lists all rules"):
        choose(selectors[0], selectors[1], selectors[2])


def test_a_rule_is_found_by_code_and_name_with_a_hint_for_slips() -> None:
    assert find("kpl201") == find("missing-cache")
    with pytest.raises(UsageError, match="did you mean `missing-cache`"):
        find("missing-cash")


def test_the_index_tells_what_the_class_tells() -> None:
    for entry in entries():
        rule = entry.load()
        assert (entry.code, entry.name, entry.sees) == (rule.code, rule.name, rule.sees())
        told = (rule.severity.value, rule.profile.value, rule.summary())
        assert (entry.severity, entry.profile, entry.summary) == told


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed distribution that offers a package of rules."""
    package = tmp_path / "acme_rules" / "dns"
    package.mkdir(parents=True)
    (tmp_path / "acme_rules" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "_helpers.py").write_text("raise ImportError('modules with an underscore hold no rules')\n")
    (package / "seen.py").write_text(RULE.format(name="Seen", code="ACME1", slug="acme-seen"))
    information = tmp_path / "acme-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[kpl.rules]\nacme = acme_rules\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries.cache_clear()
    yield tmp_path
    entries.cache_clear()
    for name in [name for name in sys.modules if name.startswith("acme_rules")]:
        del sys.modules[name]


def test_rules_of_another_package_run_like_ours(plugin: Path) -> None:
    assert find("acme-seen").module == "acme_rules.dns.seen"
    assert "ACME1" in codes([])
    assert [entry[0] for entry in scan_package("acme_rules")] == ["ACME1"]
    (finding,) = run({"Corefile": "a b {\n}\n"}, ("ACME1",)).findings
    assert (finding.message, finding.code, finding.source.text[slice(*finding.span)]) == ("seen", "ACME1", "a b")


def test_options_reach_the_rule_by_code_or_name(plugin: Path) -> None:
    for word in ("ACME1", "acme-seen"):
        settings = Settings(select=("ACME",), options={word: {"text": "told"}})
        rule = settings.rule(settings.rules[0])
        assert rule.option == {"text": "told", "most": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: {acme-seen: {most: many}}\n", "`most` of acme-seen must be of type int, not 'many'"),
        ("rules: {acme-seen: {most: true}}\n", "`most` of acme-seen must be of type int, not True"),
        ("rules: {ACME1: {mots: 1}}\n", "`mots` is not an option of ACME1; did you mean `most`?"),
    ],
)
def test_options_are_checked_against_their_defaults(plugin: Path, text: str, message: str) -> None:
    from kpl.lint.config import load_config

    (plugin / ".kpl.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(str(plugin / ".kpl.yaml"))
    assert message in str(caught.value)


@pytest.mark.parametrize(("code", "slug"), [("KPL201", "other"), ("ACME2", "missing-cache")])
def test_two_rules_with_one_name_are_an_error(plugin: Path, code: str, slug: str) -> None:
    (plugin / "acme_rules" / "clash.py").write_text(RULE.format(name="Clash", code=code, slug=slug))
    with pytest.raises(UsageError, match="two rules are called"):
        entries()


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("KPL9999", "`kpl rules` lists all rules"),
        ("", "`kpl rules` lists all rules"),
        ("missing-cash", "did you mean `missing-cache`?"),
        ("Missing-Cache", "did you mean `missing-cache`?"),
        ("MISSING-CASH", "did you mean `missing-cache`?"),
        ("missing", None),
        ("KPL20", None),
        ("kpl2", None),
        ("zz", "`kpl rules` lists all rules"),
    ],
)
def test_the_hint_about_a_rule_that_is_not_there(word: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        find(word)
    starting = sorted(
        each for rule in entries() for each in (rule.code, rule.name) if each.lower().startswith(word.lower())
    )
    if hint is None:
        told = [f"`{each}`" for each in starting]
        hint = (
            f"did you mean one of the {len(told)} rules from {told[0]} to {told[-1]}?"
            if len(told) > 3
            else f"did you mean {' or '.join(told)}?"
        )
    assert str(caught.value) == f"no rule is called `{word}`; {hint}"


def entry(code: str, name: str, profile: str = "default") -> RuleEntry:
    return RuleEntry(code, name, "m", "C", "Corefile", "info", profile, "s")


FEW = (entry("KPL201", "missing-cache"), entry("KPL202", "other-cache"), entry("KPL301", "odd", "strict"))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entries", lambda: FEW)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("kpl", "`KPL201` or `KPL202` or `KPL301`?"),
        ("kpl2", "`KPL201` or `KPL202`?"),
        ("cache", "`missing-cache` or `other-cache`?"),
        ("ing", "`missing-cache`?"),
        ("ca", None),  # too short to be looked for inside of a name
        ("othr-cache", "`other-cache`?"),
        ("o", "`odd` or `other-cache`?"),
    ],
)
def test_what_is_proposed_of_three_rules(word: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        find(word)
    assert str(caught.value).partition("; ")[2] == (f"did you mean {hint}" if hint else "`kpl rules` lists all rules")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("select", "extend", "ignore", "numbers"),
    [
        ([], [], [], "201 202"),
        ([], ["KPL3"], [], "201 202 301"),
        (["KPL3"], [], [], "301"),
        (["ALL"], [], ["KPL2"], "301"),
        (["KPL20"], [], ["KPL2"], "201 202"),
        # the longest one of each side counts
        (["KPL2", "KPL201"], [], ["KPL20"], "201"),
        (["KPL20"], [], ["KPL2", "KPL202"], "201"),
        (["ALL"], ["KPL20"], ["KPL2", "ALL"], "201 202"),
        (["KPL2"], [], ["KPL2"], ""),
        (["KPL"], [], ["missing-cache"], "202 301"),
        ([], [], ["odd"], "201 202"),
        ([], ["odd"], ["odd"], "201 202"),
        ([], ["KPL2"], ["ALL"], "201 202"),
        (["ALL"], [], ["ALL"], ""),
    ],
)
def test_a_longer_selector_wins(select: list[str], extend: list[str], ignore: list[str], numbers: str) -> None:
    assert codes(select, extend, ignore) == {f"KPL{number}" for number in numbers.split()}


@pytest.mark.parametrize(
    ("profile", "select", "extend", "ignore", "numbers"),
    [
        ("default", [], [], [], "201"),
        ("strict", [], [], [], "201 202"),
        ("all", [], [], [], "201 202 301"),
        # of a selection, none is missing because it is not in the profile, and none is added because it is
        ("default", ["KPL"], [], [], "201 202 301"),
        ("default", ["KPL301"], [], [], "301"),
        ("strict", ["KPL301"], [], [], "301"),
        ("all", ["KPL201"], [], [], "201"),
        ("default", [], ["KPL301"], [], "201 301"),
        ("strict", [], ["KPL301"], [], "201 202 301"),
        ("strict", ["KPL201"], ["KPL301"], [], "201 301"),
        # any selector is longer than the profile
        ("strict", [], [], ["KPL202"], "201"),
        ("strict", [], [], ["KPL2"], ""),
        ("all", [], [], ["KPL2"], "301"),
        ("all", [], [], ["ALL"], ""),
        ("all", [], ["KPL3"], ["ALL"], "301"),
        ("all", [], ["KPL2"], ["KPL201"], "202 301"),
        ("strict", ["KPL2"], ["KPL301"], ["KPL201"], "202 301"),
        ("strict", [], ["KPL202"], ["KPL2"], "202"),
    ],
)
def test_the_rules_of_a_profile(
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    select: list[str],
    extend: list[str],
    ignore: list[str],
    numbers: str,
) -> None:
    three = (entry("KPL201", "a"), entry("KPL202", "b", "strict"), entry("KPL301", "c", "all"))
    monkeypatch.setattr(registry, "entries", lambda: three)
    assert codes(select, extend, ignore, profile) == {f"KPL{number}" for number in numbers.split()}


@pytest.mark.parametrize(
    ("files", "offers"),
    [
        ({"acme-1.dist-info/entry_points.txt": "[kpl.rules]\na = b\n"}, True),
        ({"acme-1.egg-info/entry_points.txt": "[x]\na = b\n[kpl.rules]\na = b\n"}, True),
        ({"acme-1.dist-info/entry_points.txt": "[console_scripts]\nkpl.rules = b\n"}, False),
        ({"acme-1.dist-info/METADATA": "[kpl.rules]\n", "b-1.dist-info/entry_points.txt": "[kpl.rules]"}, True),
        ({"acme/entry_points.txt": "[kpl.rules]\na = b\n"}, False),
        ({"kplint-1.dist-info/entry_points.txt": "[kpl.rules]\nkpl = kpl_rules\n"}, False),
        (
            {
                "kplint-1.dist-info/entry_points.txt": "[kpl.rules]\n",
                "kplint_acme-1.dist-info/entry_points.txt": "[kpl.rules]\n",
            },
            True,
        ),
        ({}, False),
    ],
)
def test_whether_a_folder_offers_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], offers: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert registry._offers_rules(str(tmp_path)) is offers
    monkeypatch.chdir(tmp_path)
    assert registry._offers_rules("") is offers
    assert registry._offers_rules(str(tmp_path / "none")) is False


@pytest.mark.troubles
def test_a_rule_that_cannot_be_loaded_costs_its_findings(plugin: Path) -> None:
    settings = Settings(select=("ACME1", "KPL201"))
    gone = [each._replace(class_name="Gone") if each.code == "ACME1" else each for each in settings.rules]
    settings.__dict__["rules"] = gone
    found = lint(readings({"Corefile": ". {\n    forward . 9.9.9.9\n}\n"}), settings).findings
    assert [each.code for each in found] == ["KPL201"]
    (trouble,) = troubles.noted().values()
    assert str(trouble).startswith("the rule Gone of acme_rules.dns.seen does not run, because it is not a subclass")


@pytest.mark.troubles
def test_what_is_broken_is_told_and_the_rest_is_there(plugin: Path) -> None:
    (plugin / "acme_rules" / "broken.py").write_text("1 / 0\n")
    wrong = RULE.format(name="Wrong", code="acme-2", slug="wrong")
    right = RULE.format(name="Right", code="ACME3", slug="right").partition("Stop\n")[2]
    (plugin / "acme_rules" / "wrong.py").write_text(wrong + right)
    told: list[str] = []
    assert [entry[0] for entry in scan_package("acme_rules", told.append)] == ["ACME1", "ACME3"]
    assert [text.partition(" do")[0] for text in told] == [
        "the rules of acme_rules.broken",
        "the rule Wrong of acme_rules.wrong",
    ]
    with pytest.raises(registry.BrokenRuleError, match="ZeroDivisionError"):
        scan_package("acme_rules")
    assert {"ACME1", "ACME3"} <= {each.code for each in entries()}
    # a name that no rule has may be that of one that is broken
    assert registry.some_are_missing()
    assert choose(["wrong"], [], []) == []
    path = plugin / ".kpl.yaml"
    path.write_text("severity: {wrong: error}\nrules: {wrong: {a: 1}}\n")
    assert load_config(str(path)).options == {"wrong": {"a": 1}}
    for name in ("broken", "wrong"):
        (plugin / "acme_rules" / f"{name}.py").unlink()
    entries.cache_clear()
    assert not registry.some_are_missing(), "what was broken is not anymore"


def test_nothing_is_missing_where_nothing_is_broken(plugin: Path) -> None:
    assert not registry.some_are_missing()
    with pytest.raises(registry.BrokenRuleError, match="it is not a package"):
        scan_package("acme_rules.dns.seen")


def test_options_by_name_are_over_those_by_code(plugin: Path) -> None:
    settings = Settings(select=("ACME",), options={"acme-seen": {"most": 5}, "ACME1": {"most": 4, "text": "x"}})
    rule = settings.rule(settings.rules[0])
    assert rule.option == {"text": "x", "most": 5}
    assert settings.rule(settings.rules[0]) is rule
