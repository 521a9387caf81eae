"""Names of the DNS, by release."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kpl.golang.dnstables import CLASSES, OPCODES, RCODES, TYPES, number_of
from kpl.text.version import Version

CASES = [
    ("A", TYPES, "1.7.0", 1),
    ("NSAP-PTR", TYPES, "1.14.7", 23),
    ("a", TYPES, "1.14.7", None),
    ("TYPE65", TYPES, "1.14.7", None),
    ("HTTPS", TYPES, "1.7.1", None),
    ("HTTPS", TYPES, "1.8.0", 65),
    ("ZONEMD", TYPES, "1.8.3", None),
    ("ZONEMD", TYPES, "1.8.4", 63),
    ("AMTRELAY", TYPES, "1.10.1", None),
    ("AMTRELAY", TYPES, "1.11.0", 260),
    ("NXNAME", TYPES, "1.11.3", None),
    ("NXNAME", TYPES, "1.11.4", 128),
    ("RESINFO", TYPES, "1.12.0", None),
    ("RESINFO", TYPES, "1.12.1", 261),
    ("CH", CLASSES, "1.7.0", 3),
    ("CHAOS", CLASSES, "1.14.7", None),
    ("NOTIMPL", RCODES, "1.7.0", 4),
    ("BADVERS", RCODES, "1.14.7", None),
    ("DSOTYPENI", RCODES, "1.12.1", None),
    ("DSOTYPENI", RCODES, "1.12.2", 11),
    ("UPDATE", OPCODES, "1.14.7", 5),
    ("DSO", OPCODES, "1.14.7", None),
]


@pytest.mark.parametrize(("name", "table", "release", "number"), CASES)
def test_number_of(name: str, table: Mapping[str, int], release: str, number: int | None) -> None:
    assert number_of(name, table, Version(release)) == number
