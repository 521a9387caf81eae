"""Any bytes: no crash. Any fix: the second time changes nothing, and no other byte moves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpl.fix.fixer import fix_texts
from kpl.lint.settings import Settings
from support import readings, run

NAMES = ["Corefile", "a.yaml", "a.json", "log.override", "a.server", "node.iptables", "<stdin>"]
PIECES = st.sampled_from(
    [
        b". {\n", b"}\n", b" forward . 9.9.9.9", b"kind: ConfigMap\ndata:\n  Corefile: |\n", b"    . {\n", b"*nat\n", b":A - [0:0]\n",
        b"-A A -j B\n", b"COMMIT\n", b"---\n", b'"', b"'", b"# kpl: ignore[x]\n", b"\r", b"\x00", b"\xff", b"{{ x }}", b"servers:\n",
        b"&a *a\n", b"\xef\xbb\xbf", b"containers:\n", b"kind: Pod\nspec:\n  containers:\n  - image: a:alpine\n",
        b"  dnsConfig: {options: [{name: ndots:2}]}\n", b"import x\n",
    ]
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(data=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=12).map(b"".join)))
def test_no_bytes_crash(name: str, data: bytes) -> None:
    result = run({name: data}, ("ALL",))
    assert all(0 <= each.span.start <= each.span.end <= len(each.source.text) + 1 for each in result.findings)


LINES = st.sampled_from(
    [
        "errors", "log", "health", "health {", "ready", "loop", "reload 10s  # often", "cache 30", "autopath @kubernetes",
        "kubernetes cluster.local {\n  pods insecure\n  resyncperiod 1m # old\n upstream\n}", "forward . /etc/resolv.conf",
        "forward . 9.9.9.9 {\n policy random\n}", "proxy . 10.0.0.1 {\n policy first\n}", "# kpl: ignore[missing-cache]",
        "federation cluster.local {\n a b\n}", "import x", "file db {\n no_reload\n}", "",
    ]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    lines=st.lists(LINES, max_size=9),
    indent=st.sampled_from(["  ", "    ", "\t"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    embedded=st.booleans(),
    final=st.booleans(),
)
def test_fixing_twice_is_fixing_once(lines: list[str], indent: str, newline: str, embedded: bool, final: bool) -> None:
    body = "".join(f"{indent}{part}\n" for line in lines for part in line.split("\n"))
    text = f".:53 {{\n{body}}}" + ("\n" if final else "")
    name = "Corefile"
    if embedded:
        name = "a.yaml"
        inner = "".join(f"    {line}\n" for line in text.replace("\t", "  ").splitlines())
        text = f"kind: ConfigMap\ndata:\n  Corefile: |\n{inner}  other: 'x'  # kept\n"
    text = text.replace("\n", newline)
    outcome = fix_texts(readings({name: text}), Settings(), unsafe=True)
    assert outcome.bugs == []
    fixed = outcome.texts.get(name, text)
    again = fix_texts(readings({name: fixed}), Settings(), unsafe=True)
    assert again.texts == {}
    assert fixed.count("\n") == fixed.count(newline)
    untouched = ("errors", "log", "reload 10s  # often", "cache 30", "other: 'x'  # kept", ".:53 {")
    left = iter(fixed.splitlines())
    lost = [line for line in text.splitlines() if line.strip() in untouched and line not in left]
    assert lost == [], "gone, or in another order"
