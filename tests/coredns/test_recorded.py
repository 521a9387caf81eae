"""What CoreDNS said of generated Corefiles, and of those at the boundaries of what it takes, release by release.

tests/oracle/record.py recorded it, and asks again with --check.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from kpl.coredns.judge import Circumstances, judge_corefile
from kpl.text.version import Version

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))
from coredns_oracle import ENVIRONMENT, RELEASES

ROWS = [
    json.loads(line)
    for name in ("recorded", "boundaries")
    for line in (Path(__file__).parent / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("release", RELEASES)
def test_kpl_says_what_coredns_said(release: str) -> None:
    wrong = []
    for row in ROWS:
        said = row["older"].get(release, row["error"])
        verdict = judge_corefile(row["corefile"], Circumstances(Version(release), ENVIRONMENT)).verdict
        depends = verdict.answer == "depends" and said is None  # on what the recording machine had
        if not depends and (verdict.answer == "loads", verdict.message) != (said is None, said):
            wrong.append((row["corefile"], said, verdict))
    assert wrong == []


def test_the_record_is_about_every_release() -> None:
    assert len(ROWS) > 500
    for release in RELEASES[1:]:
        assert sum(release in row["older"] for row in ROWS) > 20
    assert sum(row["error"] is None for row in ROWS) > 50
