"""resource.Quantity: ``1Ki``, ``512``, ``2e6``. (apimachinery, pkg/api/resource/quantity.go, suffix.go and math.go)"""

from __future__ import annotations

from kpl.golang.values import GoError, int64
from kpl.proxy.configuration.verdict.values import TooBigError
from kpl.text import late

_FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_SUFFIX_WRONG = "unable to parse quantity's suffix"
_SPLIT = late.pattern(r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)")
_DECIMAL = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = late.pattern(r"[eE][+-]?[0-9]+")
_MOST = 2**63 - 1
_MOST_FACTORS = 18
_NANO = 9
_BILLION = 10**9
_MOST_DIGITS = 4000
_MOST_EXPONENT = 100_000


def quantity_value(text: str, *, saturates: bool = False) -> int:
    """Quantity.Value of what `text` says, wrapping around and losing what Go loses. Raises GoError and TooBigError.

    From 1.38 on it `saturates` and is 0 for 0 alone; only its sign is told then.
    """
    if not text:
        raise GoError(_FORMAT_WRONG)
    found = _SPLIT.fullmatch(text)
    if found is None:
        raise GoError(_FORMAT_WRONG)
    sign, whole, fraction, suffix = found[1], found[2] or "0", found[3] or "", found[4]
    binary = _BINARY.get(suffix, 0)
    exponent = 0 if binary else _exponent(suffix)
    digits = whole + fraction
    # the usual numbers are held as int64 and a power of ten
    scale = exponent - len(fraction)
    room = _MOST_FACTORS - len(digits) if not binary else 14 - len(whole) - binary * 3 // 10
    slow = room < 0 or (binary and fraction) or scale < -_NANO
    if slow and not any(map(str.isdigit, text.removesuffix(suffix))):
        raise GoError("unable to parse numeric part of quantity")
    if saturates:
        # with decimals, the scale wraps around and is a large one
        if slow and exponent == -(2**31) and not (fraction and room >= 0):
            raise GoError(_SUFFIX_WRONG)
        return 0 if not digits.strip("0") else -1 if sign == "-" else 1
    if not slow:
        small = int(digits) << binary
        if small <= _MOST:
            return _scaled(-small if sign == "-" else small, scale)
    return _large(sign == "-", digits, len(fraction), exponent, binary)


def _exponent(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    digits = suffix[1:].lstrip("+-").lstrip("0") if _EXPONENT.fullmatch(suffix) else "9" * 20
    number = int(digits or "0") if len(digits) < 20 else 2**70
    number = -number if suffix[1:2] == "-" else number
    if not -(2**63) <= number <= _MOST:
        raise GoError(_SUFFIX_WRONG)
    return (number + 2**31) % 2**32 - 2**31


def _scaled(value: int, scale: int) -> int:
    """`value` times ten to the power of `scale`: rounded away from zero, and 0 where it does not fit."""
    if scale >= 0:
        result: int = value * 10 ** min(scale, 20)
        return result if -_MOST <= result <= _MOST else 0
    whole: int = -(-abs(value) // 10**-scale)
    return -whole if value < 0 else whole


def _large(negative: bool, digits: str, decimals: int, exponent: int, binary: int) -> int:
    """The slow way: a decimal number of any size, in billionths, of which the lowest 64 bits count."""
    # what is beyond these bounds changes nothing in those bits
    shift = min(max(exponent - decimals, -len(digits) - 50), 200) + _NANO
    if len(digits) > _MOST_DIGITS:
        raise TooBigError(f"a number of more than {_MOST_DIGITS} digits")
    # Go multiplies the power of ten out: seconds for a million, no end for a thousand million
    if abs(exponent) > _MOST_EXPONENT:
        raise TooBigError(f"a quantity with an exponent beyond {_MOST_EXPONENT:,}")
    amount: int = int(digits) << binary
    factor: int = 10 ** abs(shift)
    amount = amount * factor if shift >= 0 else -(-amount // factor)
    if binary and amount > _MOST * _BILLION:
        return _MOST
    if not negative and amount >= _MOST:
        return int64(-(-amount // _BILLION))
    unscaled = int64(-amount if negative else amount)
    whole, rest = divmod(abs(unscaled), _BILLION)
    return (-whole if unscaled < 0 else whole) + bool(rest)
