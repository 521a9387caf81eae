"""The numbers in a template, as far as they can be wrong: newNumber of text/template/parse/node.go."""

from __future__ import annotations

import re

from kpl.golang.literals import parse_float, unquote_char
from kpl.golang.strconv import parse_int, parse_uint
from kpl.golang.template_lexer import Token
from kpl.golang.values import GoError, quote


def _is_number(text: str) -> bool:
    for parse in (parse_uint, parse_int):
        try:
            parse(text, 0, 64)
        except GoError:
            continue
        return True
    return False


def _is_float(text: str) -> bool:
    try:
        parse_float(text)
    except GoError:
        return False
    return True


def check_number(token: Token) -> None:
    """newNumber. Raises GoError without the place."""
    text = token.text
    if token.kind == "character constant":
        _, end = unquote_char(text, 1, "'")
        if text[end:] != "'":
            raise GoError(f"malformed character constant: {text}")
    elif token.kind == "complex":
        _check_complex(text)
    elif not (text.endswith("i") and _is_float(text[:-1])) and not _is_number(text):
        if not _is_float(text):
            raise GoError(f"illegal number syntax: {quote(text)}")
        if not any(each in text for each in ".eEpP"):
            raise GoError(f"integer overflow: {quote(text)}")


def _float_token(text: str) -> str:
    """What fmt takes for a number, with the ``i`` that might begin an Inf."""
    found = re.match(
        r"[+-]?i?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|[0-9_]*\.?[0-9_]*(?:[eEpP][+-]?[0-9_]*)?)",
        text,
    )
    assert found is not None
    return found[0]


def _check_complex(text: str) -> None:
    """fmt.Sscan into a complex128. Raises GoError."""
    real = _float_token(text)
    rest = text[len(real) :]
    imaginary = _float_token(rest)
    if rest[:1] not in ("+", "-") or rest[len(imaginary) :][:1] != "i":
        raise GoError("syntax error scanning complex number")
    for part in (real, imaginary):
        parse_float(part)
