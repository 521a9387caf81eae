"""Which rules run, and where they come from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpl.errors import UsageError
from kpl.lint.registry import choose, entries, find, scan_package
from kpl.lint.settings import Settings
from support import run

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


def codes(select: list[str], extend: list[str] | None = None, ignore: list[str] | None = None) -> set[str]:
    return {rule.code for rule in choose(select, extend or [], ignore or [])}


ALL = {rule.code for rule in entries()}
DEFAULT = {rule.code for rule in entries() if rule.default}


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
        choose(*selectors)


def test_a_rule_is_found_by_code_and_name_with_a_hint_for_slips() -> None:
    assert find("kpl201") == find("missing-cache")
    with pytest.raises(UsageError, match="did you mean `missing-cache`"):
        find("missing-cash")


def test_the_index_tells_what_the_class_tells() -> None:
    for entry in entries():
        rule = entry.load()
        assert (entry.code, entry.name, entry.sees) == (rule.code, rule.name, rule.sees())
        assert (entry.severity, entry.default, entry.summary) == (rule.severity.value, rule.default, rule.summary())


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
