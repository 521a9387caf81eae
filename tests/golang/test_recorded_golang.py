"""What Go's own packages said of each text in recorded.json; tests/oracle/README.md tells how they are asked (Go 1.26)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kpl.golang import dnstables

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))
from fuzz_golang import KINDS, said

ROWS: dict[str, list[tuple[str, Any, str | None]]] = json.loads(
    (Path(__file__).parent / "recorded.json").read_text(encoding="utf-8")
)
ASKED = {" ".join([kind.name, *(f"{key}={value}" for key, value in kind.options.items())]): kind for kind in KINDS}


@pytest.mark.parametrize("name", sorted(ROWS.keys() - {"names"}))
def test_kpl_says_what_go_said(name: str) -> None:
    answers = ((text, (value, error), said(ASKED[name], text)) for text, value, error in ROWS[name])
    assert [each for each in answers if each[1] != each[2]] == []


def test_the_names_of_the_dns_are_those_of_the_library() -> None:
    for table, numbers, _ in ROWS["names"]:
        assert getattr(dnstables, table.upper()) == numbers
