"""What CoreDNS said of these views, and what kpl makes of the settings in them."""

from __future__ import annotations

import pytest

from kpl.coredns.judge import Circumstances, judge_corefile
from kpl.coredns.plugins.view import View
from kpl.text.version import Version

RECORDED = [
    (
        "1.14.7",
        "view internal {\n        expr name() == 'a.' && port() != '53'\n        expr incidr(client_ip(), '10.0.0.0/8')\n    }",
        None,
    ),
    (
        "1.14.7",
        "view",
        "plugin/view: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'view'",
    ),
    (
        "1.14.7",
        "view a b",
        "plugin/view: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'b'",
    ),
    ("1.14.7", "view a\n    view b", "plugin/view: this plugin can only be used once per Server Block"),
    (
        "1.14.7",
        "view a {\n        expression true\n    }",
        "plugin/view: Corefile:3 - Error during parsing: unknown property 'expression'",
    ),
    ("1.14.7", "view a {\n        expr nobody()\n    }", "plugin/view: unknown name nobody (1:1)\n | nobody()\n | ^"),
    ("1.14.7", "view a {\n        expr\n    }", "plugin/view: unexpected token EOF"),
    ("1.10.1", "view a {\n        expr type() in ['A']\n    }", None),
    (
        "1.10.1",
        "view a {\n        expr len(nil)\n    }",
        "panic: runtime error: invalid memory address or nil pointer dereference",
    ),
]
"""Release, directive, and the whole message; None where the release loads it."""


@pytest.mark.parametrize(("release", "line", "message"), RECORDED)
def test_recorded(release: str, line: str, message: str | None) -> None:
    verdict = judge_corefile(f". {{\n    {line}\n}}\n", Circumstances(Version(release), {})).verdict
    assert verdict.message == message
    assert verdict.answer == ("loads" if message is None else "refuses")


def test_model() -> None:
    text = ". {\n    view inside {\n        expr port() == '53'\n        expr do()\n    }\n}\n"
    (server,) = judge_corefile(text, Circumstances(Version("1.14.7"), {})).servers
    assert server.plugins["view"] == View("inside", ["port() == '53'", "do()"])
    assert server.config.filtered


def test_blocks_with_views_share_a_zone() -> None:
    block = ". {{\n    view {}\n    whoami\n}}\n"
    judged = judge_corefile(block.format("a") + block.format("b"), Circumstances(Version("1.14.7"), {}))
    assert judged.verdict.answer == "loads"


def test_a_unix_key_is_not_filtered_by_a_view() -> None:
    judged = judge_corefile("unix://c unix://c {\n    view a\n}\n", Circumstances(Version("1.14.7"), {}))
    assert judged.verdict.message == "cannot serve unix://c.: - it is already defined"
