from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs.evidence.resolvconf import parse_resolv_conf

POD = """\
# made by the kubelet
nameserver 10.96.0.10
domain old.example
search shop.svc.cluster.local svc.cluster.local\tcluster.local
options ndots:5 edns0
; the end
"""


def test_a_pods_file() -> None:
    found = parse_resolv_conf(POD)
    assert found.nameservers == ["10.96.0.10"]
    assert found.search is not None
    assert found.search.values == ("shop.svc.cluster.local", "svc.cluster.local", "cluster.local")
    assert list(found.options()) == ["ndots:5", "edns0"]
    assert POD[slice(*found.search.span)] == "search shop.svc.cluster.local svc.cluster.local\tcluster.local"
    assert [POD[slice(*word.span)] for word in found.options()] == ["ndots:5", "edns0"]
    assert found.unread == []


def test_the_last_search_list_is_the_one() -> None:
    found = parse_resolv_conf("search a.example\r\ndomain b.example\r\n search c.example\r\n")
    assert found.search is not None
    assert found.search.values == ("b.example",)
    assert [line.indented for line in found.lines] == [False, False, True]


def test_lines_that_resolvers_pass_over() -> None:
    text = "#nameserver 10.0.0.1\n;search a\n \t# options b\n\t; x\n\n \nnameserver\n\tnameserver 10.0.0.2\noptions\nnameserver 10.0.0.3 # dns\n"
    found = parse_resolv_conf(text)
    assert [(line.keyword, line.values, line.indented) for line in found.lines] == [
        ("nameserver", (), False),
        ("nameserver", ("10.0.0.2",), True),
        ("options", (), False),
        ("nameserver", ("10.0.0.3", "#", "dns"), False),
    ]
    assert (found.nameservers, found.search, list(found.options())) == (["10.0.0.3"], None, [])
    assert [text[slice(*line.span)] for line in found.lines[:2]] == ["nameserver", "nameserver 10.0.0.2"]


@pytest.mark.parametrize(("length", "unread"), [(65_536, 0), (65_537, 1)])
def test_the_longest_line(length: int, unread: int) -> None:
    found = parse_resolv_conf("search " + "a" * (length - 7) + "\n")
    assert (len(found.lines), len(found.unread)) == (1 - unread, unread)


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="#;\x85"), min_size=1)
lines = st.tuples(st.sampled_from(["nameserver", "search", "domain", "options", "sortlist"]), st.lists(words))


@given(st.lists(lines))
def test_what_is_printed_is_read(wanted: list[tuple[str, list[str]]]) -> None:
    found = parse_resolv_conf("".join(f"{' '.join([keyword, *values])}\n" for keyword, values in wanted))
    assert [(str(line.keyword), list(line.values)) for line in found.lines] == wanted


@given(st.text())
def test_no_text_is_refused(text: str) -> None:
    for line in parse_resolv_conf(text).lines:
        assert text[slice(*line.keyword.span)] == line.keyword


def test_a_file_without_end_is_cut() -> None:
    found = parse_resolv_conf("nameserver 10.0.0.1\n" * 20_000 + "x" * 10_000_000)
    assert (len(found.lines), len(found.unread)) == (10_000, 10_001)
