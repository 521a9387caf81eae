"""encoding/hex, with Go's error messages. (Go src/encoding/hex/hex.go)"""

from __future__ import annotations

from kpl.golang.unicode import code_point
from kpl.golang.values import GoError, go_bytes

_DIGITS = frozenset(b"0123456789abcdefABCDEF")


def decode_string(text: str) -> bytes:
    """hex.DecodeString; the first wrong byte comes before an odd length."""
    data = go_bytes(text)
    for byte in data:
        if byte not in _DIGITS:
            raise GoError(f"encoding/hex: invalid byte: {code_point(chr(byte))}")
    if len(data) % 2:
        raise GoError("encoding/hex: odd length hex string")
    return bytes.fromhex(text)
