from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs.dumps.ipset import Member, parse_ipset

LISTED = """\
Name: KUBE-CLUSTER-IP
Type: hash:ip,port
Revision: 6
Header: family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x5ac1b3d7
Size in memory: 384
References: 3
Number of entries: 2
Members:
10.96.0.7,tcp:443
10.96.0.10,udp:53 timeout 120 comment "the cluster's DNS" packets 3 bytes 0

Name: KUBE-NODE-PORT-TCP
Type: bitmap:port
Header: range 0-65535
Members:
"""


def test_a_listing() -> None:
    dump = parse_ipset(LISTED)
    cluster_ip, node_port = dump.sets
    assert (cluster_ip.name, cluster_ip.type, cluster_ip.entries, cluster_ip.family) == (
        "KUBE-CLUSTER-IP",
        "hash:ip,port",
        2,
        4,
    )
    assert cluster_ip.elements == ["10.96.0.7,tcp:443", "10.96.0.10,udp:53"]
    dns = dump.member(cluster_ip, 1)
    assert (dns.timeout, dns.comment, dns.option("packets")) == (120, "the cluster's DNS", "3")
    assert LISTED[slice(*dns.element.span)] == "10.96.0.10,udp:53"
    assert (node_port.type, node_port.header, node_port.has_members, node_port.elements) == (
        "bitmap:port",
        ("range", "0-65535"),
        True,
        [],
    )
    assert [each.start for each in dump.named("KUBE-CLUSTER-IP")] == [0]
    assert dump.unread == []


def test_what_ipset_saves() -> None:
    text = (
        "create KUBE-6-CLUSTER-IP hash:ip,port family inet6 hashsize 1024 maxelem 65536\n"
        'add KUBE-6-CLUSTER-IP fd00::a,udp:53 comment "add me"\nadd OTHER 10.0.0.1\n'
    )
    dump = parse_ipset(text)
    (found,) = dump.sets
    assert (found.family, found.elements, found.has_members) == (6, ["fd00::a,udp:53"], True)
    assert dump.member(found, 0).comment == "add me"
    assert [text[at:].strip() for at in dump.unread] == ["add OTHER 10.0.0.1"]


def test_a_listing_without_members() -> None:
    dump = parse_ipset(LISTED.partition("Members:")[0])
    assert (dump.sets[0].has_members, dump.sets[0].entries) == (False, 2)


def test_what_follows_a_listing_is_no_member() -> None:
    dump = parse_ipset(LISTED + "root@node:~# conntrack -S\n8080\n")
    assert dump.sets[1].elements == ["8080"]
    assert len(dump.unread) == 1


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("10.0.0.1 timeout 30", (30, None)),
        ("10.0.0.1 timeout 1234567890", (1234567890, None)),
        ("10.0.0.1 timeout 12345678901", (None, None)),
        ('10.0.0.1 nomatch comment "timeout 9"', (None, "timeout 9")),
        ("10.0.0.1", (None, None)),
        # the name of an option is none where it is a value
        ('10.0.0.1 comment "comment"', (None, "comment")),
    ],
)
def test_the_options_of_a_member(line: str, options: tuple[int | None, str | None]) -> None:
    for text in (f"Name: S\nType: hash:ip\nMembers:\n  {line}  \n", f"create S hash:ip\nadd S {line}\n"):
        dump = parse_ipset(text)
        member = dump.member(dump.sets[0], 0)
        assert (member.timeout, member.comment, str(member.element)) == (*options, "10.0.0.1")
        assert text[slice(*member.element.span)] == "10.0.0.1"


def test_a_member_may_be_called_as_a_word_of_ipset() -> None:
    dump = parse_ipset("Name: S\nType: list:set\nMembers:\nadd\nS\n")
    assert [str(dump.member(dump.sets[0], row).element) for row in range(2)] == ["add", "S"]


def test_lines_that_belong_to_no_set_are_unread() -> None:
    text = (
        "Type: hash:ip\nMembers:\n10.0.0.1\nName: two words\nName: A\nType: hash:ip\nNumber of entries: 12345678901\n"
        "10.0.0.2\nMembers:\n10.0.0.3 nonsense\ncreate B nothash\ncreate B hash:ip\nadd B\nadd B 10.0.0.4\n10.0.0.5\n"
        "create C hash:net\nadd B 10.0.0.6 timeout 5\nadd B 10.0.0.7 timeout 6\nadd C 10.0.0.8"
    )
    dump = parse_ipset(text)
    assert [(each.name, each.type, each.entries, each.elements) for each in dump.sets] == [
        ("A", "hash:ip", None, []),
        ("B", "hash:ip", None, ["10.0.0.4", "10.0.0.6", "10.0.0.7"]),
        ("C", "hash:net", None, []),
    ]
    assert text[dump.sets[0].start :].startswith("Name: A")
    assert text[dump.sets[1].start :].startswith("create B hash:ip")
    assert [text[at:].partition("\n")[0] for at in dump.unread] == [
        "Type: hash:ip", "Members:", "10.0.0.1", "Name: two words", "10.0.0.2", "10.0.0.3 nonsense",
        "create B nothash", "add B", "10.0.0.5", "add C 10.0.0.8",
    ]  # fmt: skip


elements = st.from_regex(r"[0-9a-f.:]{2,20},(tcp|udp|sctp):[0-9]{1,5}(,[0-9.]{7,12}/[0-9]{1,2})?", fullmatch=True)
comments = st.text(st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["C", "Z"]), min_size=1)
members = st.tuples(elements, st.none() | st.integers(0, 10**6), st.none() | comments)


def printed(member: tuple[str, int | None, str | None]) -> str:
    element, timeout, comment = member
    words = [element, *([f"timeout {timeout}"] if timeout is not None else [])]
    return " ".join([*words, *([f'comment "{comment}"'] if comment is not None else [])])


def read(member: Member) -> tuple[str, int | None, str | None]:
    return str(member.element), member.timeout, member.comment


@given(st.lists(members))
def test_what_is_printed_is_read(wanted: list[tuple[str, int | None, str | None]]) -> None:
    listed = parse_ipset(
        "".join(["Name: S\nType: hash:ip,port\nMembers:\n", *(f"{printed(each)}\n" for each in wanted)])
    )
    saved = parse_ipset("".join(["create S hash:ip,port\n", *(f"add S {printed(each)}\n" for each in wanted)]))
    for dump in (listed, saved):
        (found,) = dump.sets
        assert [read(dump.member(found, row)) for row in range(len(found.elements))] == wanted
        assert not dump.unread


pieces = st.sampled_from(["Name: ", "S", "\n", "Type: hash:ip", "Members:", "add S ", "create S hash:ip", "1.2.3.4,tcp:80", ' comment "', '"', " timeout ", "\r"])  # fmt: skip


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_no_text_is_refused(text: str) -> None:
    dump = parse_ipset(text)
    for found in dump.sets:
        for row, element in enumerate(found.elements):
            assert dump.member(found, row).element == element
