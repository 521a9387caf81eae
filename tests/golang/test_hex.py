"""Hexadecimal digits as Go 1.26 decodes them."""

from __future__ import annotations

import pytest

from kpl.golang.hex import decode_string
from kpl.golang.values import GoError


@pytest.mark.parametrize(("text", "data"), [("", b""), ("61fF", b"a\xff"), ("0A", b"\n")])
def test_decoded(text: str, data: bytes) -> None:
    assert decode_string(text) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("616", "encoding/hex: odd length hex string"),
        ("6g6", "encoding/hex: invalid byte: U+0067 'g'"),
        ("66g", "encoding/hex: invalid byte: U+0067 'g'"),
        ("'", "encoding/hex: invalid byte: U+0027 '''"),
        ("\\0", "encoding/hex: invalid byte: U+005C '\\'"),
        (" 1", "encoding/hex: invalid byte: U+0020 ' '"),
        ("\x00", "encoding/hex: invalid byte: U+0000"),
        ("é", "encoding/hex: invalid byte: U+00C3 'Ã'"),
        ("\u00c0\u00a0", "encoding/hex: invalid byte: U+00C3 'Ã'"),
        ("\U00010000", "encoding/hex: invalid byte: U+00F0 'ð'"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(GoError) as raised:
        decode_string(text)
    assert str(raised.value) == message
