"""What expr says of operators and builtins with operands of every type, two at a time, and what kpl says.

exprgrid.json holds for each form the numbers of the answers, by the first release that gave them ("" where it compiled). The sign in
front of a form is refused with the type of what it stands before: tests/oracle/fuzz_expressions.py --record-grid
tests/golang/exprgrid.json renews it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))
from fuzz_expressions import GRID_RELEASES, grid_texts, said, without_place

GRID: dict[str, Any] = json.loads(Path(__file__).with_name("exprgrid.json").read_text())


@pytest.mark.parametrize("release", GRID_RELEASES)
def test_operands_of_every_type(release: str) -> None:
    wrong = []
    for form, answers in GRID["forms"].items():
        known = [answers[each] for each in GRID_RELEASES[: GRID_RELEASES.index(release) + 1] if each in answers]
        for text, number in zip(grid_texts(GRID, form), known[-1], strict=True):
            given = without_place(said(release, text))
            if given != GRID["answers"][number]:
                wrong.append((text, GRID["answers"][number], given))
    assert wrong == []
