"""What CoreDNS's parser makes of a Corefile, and texts whose braces may not pair as they were meant to."""

from __future__ import annotations

import pytest

from coredns.test_mends import advice
from kpl.coredns.structure import flaw, parsed
from kpl.fix.fixer import fix_texts
from kpl.lint.settings import Settings
from kpl.text.edit import apply_edits
from samples import config_map, indented
from support import readings, refused, run


def grouped(text: str, fragment: bool = False) -> list[tuple[str, list[str]]] | None:
    found = parsed(text, fragment)
    return None if found is None else [(key.text, [word.text for word in words]) for key, words in found.occurrences()]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("a.org b.org {\n    x 1 2\n    y {\n        z 3\n    }\n}\n", [("a.org", ["x", "1", "2"]), ("a.org", ["y", "{", "z", "3", "}"])]),
        ("a.org {\n    x 1\n    x 2\n}\n", [("a.org", ["x", "1"]), ("a.org", ["x", "2"])]),
        ("a.org {\n    x {$Y}\n    import s\n    import files/*\n}\n(s) {\n    z\n}\n", [("a.org", ["x", "x"])]),
        ("(s) {\n    z 1\n}\na.org {\n    import s\n    x\n}\n", [("a.org", ["x"])]),
        ("a.org {\n    x 1\n", None),
        ("a.org {\n    x }\n}\n", None),
    ],
)  # fmt: skip
def test_words_are_grouped_whatever_the_plugins(text: str, groups: list[tuple[str, list[str]]] | None) -> None:
    assert grouped(text) == groups


def test_a_fragment_is_the_inside_of_a_block() -> None:
    assert grouped("x 1\ny\n", fragment=True) == [(".", ["x", "1"]), (".", ["y"])]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (". {\n    hosts a.org{ {\n        ttl 600\n    }\n    }\n}\n", "a.org"),
        (". {\n    log a{\n}\n", "a"),
        (". {\n    cache 30\n    }\n    errors\n}\n", "errors"),
        (". {\n    cache 30\n    }\n    b.org {\n    whoami\n}\n", "b.org"),
        (". {\n    cache 30\n}\n}\n", "}"),
        (". {\n    cache 30 {\n", "refuses"),
    ],
)
def test_a_brace_too_many_or_too_few_shows(text: str, word: str) -> None:
    assert word in (flaw(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        '. {\n    template IN A a.org {\n        match ^x{2}$\n        answer "{{ .Name }} A 1.2.3.4"\n    }\n}\n',
        "a.org {\n    log . {$FORMAT}\n}\nb.org {\n    whoami\n}\n",
        'a.org {\n    log . "x{"\n}\n',
        "(s) {\n    errors\n}\n. {\n    import s\n}\n",
        "  a.org {\n    errors\n  }\n  b.org {\n    errors\n  }\n",
        "a.org,\nb.org {\n    errors\n}\n",
    ],
)
def test_good_texts_have_no_flaw(text: str) -> None:
    assert flaw(text) is None
    assert flaw("errors\nlog\n", fragment=True) is None


GLUED = [
    ("hosts f pine.example{", "ttl 600"),
    ("kubernetes cluster.local{", "pods insecure"),
    ("cache 30{", "prefetch 5"),
    ("template IN A pine.example{", "rcode NXDOMAIN"),
    ("log pine.example{", "class error"),
    ("forward . 10.0.0.2{", "max_concurrent 5"),
    ("rewrite name regex a b{", "answer name a b"),
    ("loadbalance round_robin{", "errors"),
]


def _glued(line: str, option: str, newline: str = "\n") -> str:
    return f". {{\n    {line}\n        {option}\n    }}\n    loop\n    whoami\n}}\n".replace("\n", newline)


@pytest.mark.parametrize(("line", "option"), GLUED[:6])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("embedded", [False, True])
def test_a_brace_that_ends_a_line_gets_its_space(line: str, option: str, newline: str, embedded: bool) -> None:
    text, mended = _glued(line, option), _glued(line.replace("{", " {"), option)
    if embedded:
        text, mended = (config_map("|\n" + indented(each, 4)) for each in (text, mended))
    name = "cm.yaml" if embedded else "Corefile"
    text, mended = text.replace("\n", newline), mended.replace("\n", newline)
    outcome = fix_texts(readings({name: text}), Settings(select=("corefile-refused",)), unsafe=False)
    assert outcome.texts == {name: mended}
    assert refused(outcome) == []


def test_several_glued_braces_are_one_fix() -> None:
    text = ". {\n    cache 30{\n        prefetch 5\n    }\n    log a.org{\n        class error\n    }\n}\n"
    fix = advice(text).fix
    assert fix is not None
    assert apply_edits(text, fix.edits) == text.replace("30{", "30 {").replace("org{", "org {")


@pytest.mark.parametrize(("line", "option"), GLUED)
def test_what_follows_from_the_brace_is_not_told(line: str, option: str) -> None:
    text = _glued(line, option)
    found = {finding.name for finding in run({"Corefile": text}, ("ALL",)).findings}
    if "corefile-refused" in found:
        assert (
            found & {"key-is-a-plugin", "missing-closing-brace", "missing-cache", "missing-ready", "missing-errors"}
            == set()
        )


def test_a_refusal_of_another_kind_keeps_no_other_finding_back() -> None:
    text = ". {\n    log a.org{ b\n    cahce 30\n    forward . 10.0.0.2\n}\n"
    found = {finding.name for finding in run({"Corefile": text}).findings}
    assert {"corefile-refused", "missing-cache"} <= found


@pytest.mark.parametrize(
    "text",
    [
        ". {\n    health a{\n    lameduck 5s\n    whoami\n}\n",
        ". {\n    log a.org{\n    class error\n    whoami\n}\n",
    ],
)
def test_no_fix_closes_a_server_block_early(text: str) -> None:
    outcome = fix_texts(readings({"Corefile": text}), Settings(), unsafe=True)
    after = outcome.texts.get("Corefile", "")
    assert "{ {" not in after
    assert after == "" or flaw(after) is None
