"""What a table of a dump tells its readers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.inputs.dumps.ruleset import Table
from kpl.testing import node_dump

OPTIONS = ("-s", "-d", "-p", "-m", "--comment", "--dport", "--to-destination", "--probability", "--name")

WORD = st.sampled_from(
    [
        "10.0.0.1/32",
        "tcp",
        "53",
        "0.5",
        '"a b"',
        '"-s 1.2.3.4 -j X"',
        r'"a \" -d b"',
        "!x",
        "-1",
        "x y",
        '""',
        "->",
        "a\tb",
    ]
)
OPTION = st.tuples(
    st.sampled_from(["", "", "! "]),
    st.sampled_from([*OPTIONS, "--random", "--reap", "--rcheck"]),
    st.sampled_from([" ", " ", "  ", " ! ", "\t"]),
    st.lists(WORD, max_size=2),
).map(lambda each: f"{each[0]}{each[1]}{each[2]}{' '.join(each[3])}".rstrip())
RULE = st.tuples(
    st.sampled_from(["", "[12:345] ", "  "]),
    st.lists(OPTION, max_size=4),
    st.sampled_from(["", "-j X", "-g X", "-j X --random", "-j X --to-destination 1.2.3.4:5"]),
    st.sampled_from(["", " ", "\r"]),
).map(lambda each: f"{each[0]}-A C {' '.join([*each[1], each[2]])}".rstrip() + each[3])


def table(text: str) -> Table:
    return parse_iptables_save(text).tables[0]


@given(st.lists(RULE, min_size=1, max_size=6))
def test_values_are_those_of_the_entries(rules: list[str]) -> None:
    ruleset = parse_iptables_save("*nat\n" + "\n".join(rules))
    (nat,) = ruleset.tables
    rows = range(len(nat.chain))
    expected = [
        tuple(
            str(option.values[0]) if (option := nat.entry(row).get(name)) is not None and option.values else None
            for name in OPTIONS
        )
        for row in rows
    ]
    assert list(nat.columns(OPTIONS, rows)) == expected
    assert list(zip(*(nat.values(name, rows) for name in OPTIONS), strict=True)) == expected


def test_jumps_and_text() -> None:
    nat = table("*nat\n:A - [0:0]\n[1:2] -A A -p tcp -j B\n-A A -j C  \n-A D -j B\nCOMMIT\n")
    assert nat.jumps_to == {"B": [0, 2], "C": [1]}
    assert [nat.rule(row) for row in range(3)] == ["-A A -p tcp -j B", "-A A -j C", "-A D -j B"]
    assert [nat.text[slice(*nat.chain_span(row))] for row in range(3)] == ["A", "A", "D"]


def test_the_span_of_an_option_or_of_the_target() -> None:
    nat = table('*nat\n-A A -m comment --comment "x y" -j B\n-A A --random\n')
    spans = [nat.option_span(0, "-s", "--comment"), nat.option_span(0, "-s"), nat.option_span(1, "--random")]
    assert [nat.text[slice(*span)] for span in spans] == ['"x y"', "B", "A"]


def test_tables_are_hashed_by_identity() -> None:
    assert len({table(node_dump()), table(node_dump())}) == 2


@pytest.mark.parametrize(
    ("text", "dumps"),
    [
        (node_dump(), [{"filter", "nat"}]),
        (node_dump() * 2, [{"filter", "nat"}, {"filter", "nat"}]),
        (node_dump().replace("COMMIT", "...\nCOMMIT", 1), [{"nat"}]),
        (node_dump() + node_dump().replace("COMMIT\n", ""), [{"filter", "nat"}]),
        ("*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n", []),
        ("-A KUBE-SERVICES -j X\n", []),
    ],
)
def test_whole_dumps(text: str, dumps: list[set[str]]) -> None:
    assert [set(each) for each in parse_iptables_save(text).whole_dumps()] == dumps


def test_a_dump_whose_shapes_exploded_is_not_whole() -> None:
    ruleset = parse_iptables_save(node_dump())
    ruleset.shapes_exploded = True
    assert ruleset.whole_dumps() == []
