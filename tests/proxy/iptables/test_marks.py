from __future__ import annotations

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.proxy.iptables.marks import Mark, mark_of, matched_mark, written_mark


@pytest.mark.parametrize(
    ("rule", "matched", "written"),
    [
        ("-m mark ! --mark 0x4000/0x4000 -j RETURN", Mark(0x4000, 0x4000), None),
        ("-m mark --mark 0x5000 -j DROP", Mark(0x5000, 0xFFFFFFFF), None),
        ("-j MARK --set-xmark 0x4000/0x0", None, Mark(0x4000, 0)),
        ("-j MARK --set-mark 16", None, Mark(16, 0xFFFFFFFF)),
        ("-j MARK --or-mark 0x00004000", None, Mark(0x4000, 0x4000)),
        ("-j MARK --xor-mark 0x4000", None, Mark(0x4000, 0)),
        ("-j MARK --and-mark 0xff", None, Mark(0, 0xFFFFFF00)),
        ("-j MARK --set-xmark 0x1ffffffff/0x1", None, None),
        ("-j MARK --set-xmark 010/99999999999", None, None),
        ("-m mark --mark x -j MARK --set-xmark", None, None),
        ("-j ACCEPT", None, None),
    ],
)
def test_marks(rule: str, matched: Mark | None, written: Mark | None) -> None:
    (table,) = parse_iptables_save(f"*nat\n-A X {rule}\n").tables
    assert matched_mark(table, 0) == matched
    assert written_mark(table, 0) == written
    mark = matched or written
    assert mark_of(table, 0) == (mark.value if mark else None)
