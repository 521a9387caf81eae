"""YAML and JSON as kube-proxy's decoders read them."""

from __future__ import annotations

import pytest

from kpl.golang.goyaml.characters import GoYamlError
from kpl.proxy.configuration.verdict.go_syntax import GoMap, go_key, go_syntax
from kpl.proxy.configuration.verdict.json_text import JsonSyntaxError, is_json_file, parse_json
from kpl.proxy.configuration.verdict.values import (
    UnsupportedValueError,
    general_float,
    go_duration,
    json_float,
    json_text,
)
from kpl.proxy.configuration.verdict.yaml_values import JsonError, yaml_document


def as_json(text: str) -> str:
    return json_text(yaml_document(text, "unsupported").value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *((word, "true") for word in ("y", "Yes", "on", "TRUE")),
        *((word, "false") for word in ("n", "NO", "off", "False")),
        *((word, "null") for word in ("~", "null", "NULL", "")),
        *((word, f'"{word}"') for word in ("tRUE", "1:30", "2020-01-02", "0x", "1e400", "09a", "+", ".", "._5", "0b2")),
        ("0x1F", "31"),
        ("-0b11", "-3"),
        ("0b-11", "-3"),
        ("0o17", "15"),
        ("010", "8"),
        ("08", "8"),
        ("1_000", "1000"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "18446744073709552000"),
        ("1e3", "1000"),
        ("1e21", "1e+21"),
        ("1e-7", "1e-7"),
        (".5_1", "0.51"),
        ("+.5", "0.5"),
        ("-0.0", "-0"),
        ("!!str 5", '"5"'),
        ("!!int 5", "5"),
        ("!!float 5", "5"),
        ("!!bool 'yes'", "true"),
        ("! 5", '"5"'),
        ("!x 5", '"5"'),
        ("!!binary YQ==", '"a"'),
        ("!!timestamp 2020-02-29", '"2020-02-29"'),
        ("'~'", '"~"'),
        ('"\\x41\\u00e9"', '"Aé"'),
        ("a\n  b\n\n  c", '"a b\\nc"'),
        (">\n  a\n  b\n\n  c\n", '"a b\\nc\\n"'),
        ("|+\n  a\n\n", '"a\\n\\n\\n"'),
        ("|2-\n    a\n", '"  a"'),
    ],
)
def test_scalars(scalar: str, value: str) -> None:
    assert as_json(f"k: {scalar}\n") == f'{{"k":{value}}}'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("b: 1\na: 2\n", '{"a":2,"b":1}'),
        ("1: a\ntrue: b\n1.5: c\n.inf: d\n1e30: e\n", '{".inf":"d","1":"a","1.5":"c","1e+30":"e","true":"b"}'),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", '{"a":{"p":1,"q":2},"b":{"p":1,"q":3}}'),
        ("b: {q: 3, <<: [{q: 4}, {q: 5, r: 6}]}\n", '{"b":{"q":4,"r":6}}'),
        ("a:\n- 1\n-\n- - 2\n", '{"a":[1,null,[2]]}'),
        ("[a: b, ? c, {d, e: }]", '[{"a":"b"},{"c":null},{"d":null,"e":null}]'),
        ("a: 1\n---\n}{", '{"a":1}'),
        ("a: 1\n...\n}{", '{"a":1}'),
        ("%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n", '{"a":"1"}'),
        ("# nothing\n", "null"),
        ("a: \x85b: 2", '{"a":null,"b":2}'),
    ],
)
def test_documents(text: str, value: str) -> None:
    assert as_json(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 'b", "found unexpected end of stream"),
        ("x: 1\na: 'b\n", "line 3: found unexpected end of stream"),
        ("a: b: c", "mapping values are not allowed in this context"),
        ("a: - b", "block sequence entries are not allowed in this context"),
        ("a: ? b", "mapping keys are not allowed in this context"),
        ("x: 1\na:\n\tb: 1", "line 3: found character that cannot start any token"),
        ("x: 1\na:\n  b\n\tc", "line 4: found a tab character that violates indentation"),
        ("a: |\n\tb", "line 2: found a tab character where an indentation space is expected"),
        ("a: |0\n", "found an indentation indicator equal to 0"),
        ("a: |x\n", "did not find expected comment or line break"),
        ("a: &\n", "did not find expected alphabetic or numeric character"),
        ("a: !<x y", "did not find the expected '>'"),
        ("a: !%zz y", "did not find URI escaped octet"),
        ("a: !%ff y", "found an incorrect leading UTF-8 octet"),
        ("a: !%c3%41 y", "found an incorrect trailing UTF-8 octet"),
        ("a: !x!y z", "found undefined tag handle"),
        ('a: "\\z"', "found unknown escape character"),
        ('a: "\\x4"', "did not find expected hexdecimal number"),
        ('a: "\\U00110000"', "found invalid Unicode character escape code"),
        ('a: "\\ud800"', "found invalid Unicode character escape code"),
        ('a: "\\udfff"', "found invalid Unicode character escape code"),
        ("%FOO\n---\n", "found unknown directive name"),
        ("%\n", "could not find expected directive name"),
        ("%A.\n", "found unexpected non-alphabetical character"),
        ("%YAML 1\n---\n", "did not find expected digit or '.' character"),
        ("%YAML 111.1\n---\n", "found extremely long version number"),
        ("%YAML x\n---\n", "did not find expected version number"),
        ("%YAML 1.1\n%YAML 1.1\n---\n", "line 1: found duplicate %YAML directive"),
        ("%TAG ! a\n%TAG ! a\n---\n", "line 1: found duplicate %TAG directive"),
        ("%TAG x\n", "did not find expected '!'"),
        ("%TAG !a b\n", "did not find expected '!'"),
        ("%TAG !\n", "did not find expected whitespace"),
        ("%TAG ! a {\n", "did not find expected comment or line break"),
        ("%YAML 1.1\na: b", "line 1: did not find expected <document start>"),
        ("a: [b c: {", "line 1: did not find expected node content"),
        ("[a\n b: c", "line 1: did not find expected ',' or ']'"),
        ("a: {b: c\nd: e", "line 1: did not find expected ',' or '}'"),
        ("a: b\n- c", "line 1: did not find expected key"),
        ("- a\nb: c", "line 1: did not find expected '-' indicator"),
        ("a: &x [*x]", "anchor 'x' value contains itself"),
        ("<<: 1", "map merge requires map or sequence of maps as the value"),
        ("a: !!int x", "cannot decode !!str `x` as a !!int"),
        ("a: !!timestamp 2020-02-30", "cannot decode !!str `2020-02-30` as a !!timestamp"),
        ("a: !!binary x", "!!binary value contains invalid base64 data"),
        (
            "? {a: 1, b: [~, x]}\n: 1",
            'invalid map key: map[interface {}]interface {}{"a":1, "b":[]interface {}{interface {}(nil), "x"}}',
        ),
        ("a: \x07", "control characters are not allowed"),
        ("a: \udcff", "invalid leading UTF-8 octet"),
        ("a: \udcc3", "incomplete UTF-8 octet sequence"),
        ("a: \udcc3b", "invalid trailing UTF-8 octet"),
        ("a: \udcc0\udc80", "invalid length of a UTF-8 sequence"),
        ("a: \udced\udca0\udc80", "invalid Unicode character"),
        (
            "'" + "x" * 600 + "'\n\x07",
            "control characters are not allowed",
        ),
    ],
)
def test_yaml_errors(text: str, message: str) -> None:
    with pytest.raises(GoYamlError) as error:
        yaml_document(text, "unsupported")
    assert error.value.message == message
    assert 0 <= error.value.offset <= len(text)


def test_a_refused_character_far_behind_is_not_seen() -> None:
    assert as_json("a: 1\n...\n" + "#" * 1100 + "\x07") == '{"a":1}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("~: [1]", "Unsupported map key of type: %!s(<nil>), key: <nil>, value: []interface {}{1}"),
        ("18446744073709551615: a", 'Unsupported map key of type: uint64, key: 0xffffffffffffffff, value: "a"'),
        ("a: {b: .nan}", "json: unsupported value: NaN"),
    ],
)
def test_what_json_cannot_hold(text: str, message: str) -> None:
    with pytest.raises(JsonError) as error:
        yaml_document(text, "Unsupported")
    assert error.value.message == message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' {"b": [1, -2.5e+3, true, null, "x\\u00e9\\n"], "a": {}} ', '{"b":[1,-2.5e+3,true,null,"xé\\n"],"a":{}}'),
        ('"\\ud83d\\ude00\\ud83d"', '"😀\ufffd"'),
        ("[[]]", "[[]]"),
    ],
)
def test_json(text: str, value: str) -> None:
    assert json_text(parse_json(text)) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        ("[1", "unexpected end of JSON input"),
        ('"a', "unexpected end of JSON input"),
        ('"\\', "invalid character ' ' in string escape code"),
        ("tr", "invalid character ' ' in literal true (expecting 'u')"),
        ("[é]", "invalid character 'Ã' looking for beginning of value"),
        ("{'a'", "invalid character '\\'' looking for beginning of object key string"),
        ('{"a" "b"', "invalid character '\"' after object key"),
        ('{"a": 1 2', "invalid character '2' after object key:value pair"),
        ("[1 2", "invalid character '2' after array element"),
        ("1 2", "invalid character '2' after top-level value"),
        ('"\n"', "invalid character '\\n' in string literal"),
        ('"\\x"', "invalid character 'x' in string escape code"),
        ('"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1e+x", "invalid character 'x' in exponent of numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ("[" * 10_001, "exceeded max depth"),
    ],
)
def test_json_errors(text: str, message: str) -> None:
    with pytest.raises(JsonSyntaxError) as error:
        parse_json(text)
    assert error.value.message == message


def test_which_files_are_json() -> None:
    assert [is_json_file(text) for text in (" \n\xa0{", "{", "[", "\ufeff{", "a: {")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_floats() -> None:
    assert [json_float(number) for number in (0.0, 1e20, 1e21, 1e-6, 1.5e-9, -2.5)] == [
        "0",
        "100000000000000000000",
        "1e+21",
        "0.000001",
        "1.5e-9",
        "-2.5",
    ]
    assert [general_float(number) for number in (100000.0, 1000000.0, 1e-4, 1e-5, 0.1)] == [
        "100000",
        "1e+06",
        "0.0001",
        "1e-05",
        "0.1",
    ]
    assert [general_float(number, 32) for number in (0.1, 1e300, -1e300, 16777217.0)] == [
        "0.1",
        "+Inf",
        "-Inf",
        "1.6777216e+07",
    ]
    with pytest.raises(UnsupportedValueError, match=r"-Inf"):
        json_float(float("-inf"))


def test_durations() -> None:
    times = (0, 1, -1500, 2_000_000, 1_500_000_000, 61_000_000_000, -(2**63))
    assert [go_duration(time) for time in times] == [
        "0s",
        "1ns",
        "-1.5µs",
        "2ms",
        "1.5s",
        "1m1s",
        "-2562047h47m16.854775808s",
    ]


def test_go_syntax() -> None:
    values = GoMap({go_key(key): None for key in (2, True, 1.5, "a", 2**64 - 1)})
    assert go_syntax(None) == "<nil>"
    assert go_syntax(values).count("interface {}(nil)") == 5
    assert "0xffffffffffffffff:interface {}(nil)" in go_syntax(values)


@pytest.mark.parametrize("escape", ["\\ud7ff", "\\ue000", "\\U0010ffff"])
def test_what_is_no_surrogate_is_a_character(escape: str) -> None:
    # (go-yaml v2, scannerc.go: 0xD800 to 0xDFFF, and above 0x10FFFF)
    assert yaml_document(f'a: "{escape}"', "unsupported").value is not None
