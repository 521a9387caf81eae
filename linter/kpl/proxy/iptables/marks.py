"""Marks of packets as the rules of a table set and match them."""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.dumps.ruleset import Table
from kpl.text import late

_MARK = late.pattern(r"(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})(?:/(0x[0-9a-fA-F]{1,8}|[0-9]{1,10}))?")
_ALL = 0xFFFFFFFF
_SETTERS = ("--set-xmark", "--set-mark", "--or-mark", "--xor-mark", "--and-mark")


class Mark(NamedTuple):
    """A value, and the bits that it is about; where it is set, these bits are cleared first."""

    value: int
    mask: int


def matched_mark(table: Table, row: int) -> Mark | None:
    """The mark that rule number `row` of `table` asks for, or asks not to be there."""
    option = table.entry(row).get("--mark")
    return _parsed(str(option.values[0])) if option is not None and option.values else None


def written_mark(table: Table, row: int) -> Mark | None:
    """What rule number `row` of `table` does to the mark, as ``--set-xmark`` says it: clear the mask, then xor the value."""
    entry = table.entry(row)
    for name in _SETTERS:
        option = entry.get(name)
        if option is None or not option.values:
            continue
        mark = _parsed(str(option.values[0]))
        if mark is None or name in ("--set-xmark", "--set-mark"):
            return mark
        changed = {
            "--or-mark": (mark.value, mark.value),
            "--xor-mark": (mark.value, 0),
            "--and-mark": (0, ~mark.value & _ALL),
        }
        return Mark(*changed[name])
    return None


def mark_of(table: Table, row: int) -> int | None:
    """The value of the mark that rule number `row` asks for or writes."""
    mark = matched_mark(table, row) or written_mark(table, row)
    return None if mark is None else mark.value


def _parsed(text: str) -> Mark | None:
    found = _MARK.fullmatch(text)
    if found is None:
        return None
    value, mask = (_ALL if each is None else int(each, 0 if each.startswith("0x") else 10) for each in found.groups())
    return Mark(value & _ALL, mask & _ALL)
