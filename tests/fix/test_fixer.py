from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kpl.fix.fixer import Outcome, fix_texts
from kpl.inputs.corefile.model import ServerBlock
from kpl.lint.registry import RuleEntry
from kpl.lint.rule import Finding, Rule, Severity, Stop
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, Fix
from support import readings, refused

COREFILE = """\
. {
    errors  # all of them
    cache 30
    forward . 9.9.9.9
    log
}
"""


class Careless(Rule):
    """Wants `log` gone, and does something else."""

    code = "KPL999"
    name = "careless"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    edits: tuple[Edit, ...] = ()

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        if server.has("log") or server.has("logs"):
            fix = Fix("Something", type(self).edits) if type(self).edits else None
            yield self.finding(server.key_span, "there is `log`", fix=fix)


class OnlyCareless(Settings):
    """Settings that run the careless rule beside the real ones that judge it."""

    @property
    def rules(self) -> list[RuleEntry]:
        entry = RuleEntry("KPL999", "careless", __name__, "Careless", "ServerBlock", "warning", "default", "")
        return [*(Settings(extend=()).rules if self.extend else []), entry]

    def rule(self, entry: RuleEntry) -> Rule:
        return Careless() if entry.code == "KPL999" else super().rule(entry)


def careless(monkeypatch: pytest.MonkeyPatch, *edits: Edit) -> Outcome:
    monkeypatch.setattr(Careless, "edits", edits)
    return fix_texts(readings({"Corefile": COREFILE}), OnlyCareless(extend=["ALL"]), unsafe=False)


def at(word: str, text: str) -> Edit:
    start = COREFILE.index(word)
    return Edit(start, start + len(word), text)


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ([at("    errors  # all of them\n", ""), at("    log\n", "")], "comment"),
        ([at("cache 30\n    forward", "cache 30\n    forward . 1.1.1.1\n    forward")], "remains"),
        ([at("    cache 30\n", ""), at("    log\n", "")], "missing-cache"),
        ([at("    log\n}", "    log {\n")], "parser refuses"),
        ([at("log\n", "logs\n")], "remains"),
    ],
    ids=["loses a comment", "mends nothing", "brings up another finding", "breaks the file", "only renames it"],
)
def test_a_fix_that_does_not_verify_is_not_offered(
    monkeypatch: pytest.MonkeyPatch, edits: list[Edit], problem: str
) -> None:
    outcome = careless(monkeypatch, *edits)
    assert outcome.texts == {}
    assert [each.finding.code for each in outcome.withheld] == ["KPL999"]
    import re

    assert re.search(problem, outcome.withheld[0].problem), outcome.withheld


def test_a_fix_that_verifies_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = careless(monkeypatch, at("    log\n", ""))
    assert outcome.texts == {"Corefile": COREFILE.replace("    log\n", "")}
    assert refused(outcome) == []


BODY = "{indent}. {{\n{indent}    errors   # all\n{indent}    forward . 9.9.9.9\n{indent}}}\n"
MANIFEST = "kind: ConfigMap\ndata:\n  a: 'x'   # kept\n  Corefile: {header}\n{body}{rest}"


def _same_but_for_the_new_line(before: str, after: str) -> None:
    old, new = before.split("\n"), after.split("\n")
    added = [line for line in new if "cache 30" in line]
    assert len(added) == 1
    assert [line for line in new if line is not added[0]] == old


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    "text",
    [
        BODY.format(indent=""),
        BODY.format(indent="\t") + "\n\n# end",
        MANIFEST.format(header="|", body=BODY.format(indent="    "), rest="  z: 1"),
        MANIFEST.format(header="|-  # why", body=BODY.format(indent="      "), rest=""),
        MANIFEST.format(header="|+", body=BODY.format(indent="    "), rest="\n\n  z:   {a: b}\n"),
        MANIFEST.format(header="|2-", body=BODY.format(indent="    "), rest=""),
        "kind: Service\n---\n" + MANIFEST.format(header="|", body=BODY.format(indent="    "), rest="...\n"),
    ],
)
def test_everything_outside_of_the_edit_stays(text: str, bom: bytes, newline: str) -> None:
    name = "a.yaml" if "kind:" in text else "Corefile"
    data = bom + text.replace("\n", newline).encode()
    read = readings({name: data})
    outcome = fix_texts(read, Settings(select=["KPL201"]), unsafe=False)
    assert refused(outcome) == []
    written = read[0].source.encode(outcome.texts[name])
    assert written.startswith(bom)
    _same_but_for_the_new_line(data.decode("utf-8-sig"), written.decode("utf-8-sig"))


def test_unsafe_fixes_are_made_when_asked_for() -> None:
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    files: dict[str, Any] = {"config.yaml": config}
    assert fix_texts(readings(files), Settings(), unsafe=False).texts == {}
    assert fix_texts(readings(files), Settings(), unsafe=True).texts == {
        "config.yaml": config.replace("ipvs", "nftables")
    }
