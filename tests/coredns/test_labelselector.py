"""What the label selectors of `kubernetes` are, in the words of the library that each release was built with."""

from __future__ import annotations

import pytest

from kpl.coredns.labelselector import check_label_selector
from kpl.golang.values import GoError
from kpl.text.version import Version

NAME = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', "
    "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
SUBDOMAIN = (
    " subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'example.com', "
    "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
INTEGER = "for 'Gt', 'Lt' operators, the value must be an integer"
PREFIXED = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"


def unparsed(why: str) -> str:
    return f'couldn\'t parse the selector string "{{0}}": {why}'


def requirement(why: str) -> str:
    return unparsed(f"unable to parse requirement: {why}")


def invalid(field: str, value: str, why: str) -> str:
    return f'{field}: Invalid value: "{value}": {why}'


LONG = "a" * 64
LONG_PREFIX = "a." * 127 + "/b"

RECORDED = [
    ("1.14.7", "", None),
    ("1.14.7", "app in (a,b)", None),
    ("1.14.7", "app notin ( , )", None),
    ("1.14.7", "app in ()", None),
    ("1.14.7", "app = b", None),
    ("1.14.7", "app=", None),
    ("1.14.7", "app==b", None),
    ("1.14.7", "app=,b", None),
    ("1.14.7", "!app", None),
    ("1.14.7", "app", None),
    ("1.14.7", "in in (in)", None),
    ("1.14.7", "notin", None),
    ("1.14.7", "app in", requirement("found '' expected: '('")),
    ("1.14.7", "app in (", requirement("found '', expected: ',', ')' or identifier")),
    ("1.14.7", "app in (=)", requirement("found '=', expected: ',', ')' or identifier")),
    ("1.14.7", "app in (a", requirement("found '', expected: ',' or ')'")),
    ("1.14.7", "app in (a b)", requirement("found 'b', expected: ',' or ')'")),
    ("1.14.7", "app in (a,b=", requirement("found '=', expected: ',' or ')'")),
    ("1.14.7", "app=(", requirement("found '(', expected: identifier")),
    ("1.14.7", "!,", requirement("found ',', expected: identifier")),
    ("1.14.7", "! app b", unparsed("found 'b', expected: ',' or 'end of string'")),
    ("1.14.7", "app,", unparsed("found '', expected: identifier after ','")),
    ("1.14.7", "app,=", unparsed("found '=', expected: identifier after ','")),
    ("1.14.7", "=", unparsed("found '=', expected: !, identifier, or 'end of string'")),
    ("1.14.7", "(", unparsed("found '(', expected: !, identifier, or 'end of string'")),
    ("1.14.7", "app!=b", '"!=" is not a valid label selector operator'),
    ("1.14.7", "app>1", '"gt" isn\'t supported in label selectors'),
    ("1.14.7", "b>1,a!=b", '"!=" is not a valid label selector operator'),
    # operators
    ("1.14.7", "app b", requirement("found 'b', expected: in, notin, =, ==, !=, gt, lt")),
    ("1.8.5", "app b", requirement("found 'b', expected: in, notin, =, ==, !=, gt, lt")),
    ("1.8.4", "app b", requirement("found 'b', expected: '=', '!=', '==', 'in', notin'")),
    ("1.7.0", "app b", requirement("found 'b', expected: '=', '!=', '==', 'in', notin'")),
    # commas
    ("1.14.7", "app in (a,,b)", None),
    ("1.7.0", "app in (a,,b)", None),
    ("1.14.7", "app in (a,,)", None),
    ("1.12.1", "app in (a,,)", requirement("found ')', expected: ',', or identifier")),
    ("1.7.0", "app in (a,,)", requirement("found ')', expected: ',', or identifier")),
    # values
    ("1.14.7", "a=-b", requirement(invalid("values[0][a]", "-b", VALUE))),
    ("1.14.7", "a=é", requirement(invalid("values[0][a]", "é", VALUE))),
    ("1.7.0", "a=-b", requirement(f'invalid label value: "-b": at key: "a": {VALUE}')),
    ("1.14.7", "a<x", requirement(invalid("values[0]", "x", INTEGER))),
    ("1.12.1", "a>x", requirement(invalid("values[0]", "x", INTEGER))),
    ("1.7.0", "a>x", requirement(INTEGER)),
    (
        "1.14.7",
        "a>-x,b>1",
        requirement(f"[{invalid('values[0]', '-x', INTEGER)}, {invalid('values[0][a]', '-x', VALUE)}]"),
    ),
    ("1.7.0", "a>-x,b>1", requirement(INTEGER)),
    ("1.14.7", f"a={LONG}", requirement(invalid("values[0][a]", LONG, "must be no more than 63 bytes"))),
    ("1.12.1", f"a={LONG}", requirement(invalid("values[0][a]", LONG, "must be no more than 63 characters"))),
    # keys
    ("1.14.7", "-a", requirement(invalid("<nil>", "-a", f"name part {NAME}"))),
    ("1.7.0", "-a", requirement(f'invalid label key "-a": name part {NAME}')),
    ("1.14.7", "/a", requirement(invalid("<nil>", "/a", "prefix part must be non-empty"))),
    ("1.14.7", "a/", requirement(invalid("<nil>", "a/", f"name part must be non-empty; name part {NAME}"))),
    ("1.14.7", "a/b/c", requirement(invalid("<nil>", "a/b/c", f"a valid label key {NAME}{PREFIXED}"))),
    ("1.12.1", "a/b/c", requirement(invalid("<nil>", "a/b/c", f"a qualified name {NAME}{PREFIXED}"))),
    ("1.7.0", "a/b/c", requirement(f'invalid label key "a/b/c": a qualified name {NAME}{PREFIXED}')),
    ("1.14.7", "A.b/a=b", requirement(invalid("<nil>", "A.b/a", f"prefix part a lowercase RFC 1123{SUBDOMAIN}"))),
    ("1.12.1", "A.b/a=b", requirement(invalid("<nil>", "A.b/a", f"prefix part a lowercase RFC 1123{SUBDOMAIN}"))),
    ("1.7.0", "A.b/a", requirement(f'invalid label key "A.b/a": prefix part a DNS-1123{SUBDOMAIN}')),
    ("1.14.7", LONG, requirement(invalid("<nil>", LONG, "name part must be no more than 63 bytes"))),
    ("1.12.1", LONG, requirement(invalid("<nil>", LONG, "name part must be no more than 63 characters"))),
    (
        "1.14.7",
        LONG_PREFIX,
        requirement(
            invalid(
                "<nil>",
                LONG_PREFIX,
                f"prefix part must be no more than 253 bytes; prefix part a lowercase RFC 1123{SUBDOMAIN}",
            )
        ),
    ),
]


@pytest.mark.parametrize(("release", "text", "message"), RECORDED)
def test_what_coredns_said(release: str, text: str, message: str | None) -> None:
    told = None
    try:
        check_label_selector(text, Version(release))
    except GoError as error:
        told = str(error)
    assert told == (message and message.replace("{0}", text))


def test_a_zero_byte_ends_the_selector_or_a_word() -> None:
    check_label_selector("a\0,b", Version("1.14.7"))
    with pytest.raises(GoError, match="found 'b', expected: in, notin"):
        check_label_selector("a\0b", Version("1.14.7"))
    check_label_selector("\0=", Version("1.14.7"))


def test_long_selectors_are_read_in_one_go() -> None:
    check_label_selector(",".join(["a in (" + "b," * 5000 + ")"] * 20), Version("1.14.7"))
    with pytest.raises(GoError):
        check_label_selector("a" * 200_000 + "-", Version("1.14.7"))
