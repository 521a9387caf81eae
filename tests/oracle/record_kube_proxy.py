"""Asks kube-proxy the cases of tests/proxy/configuration/recorded_verdicts.json again and writes its answers into the file.

Each case is a configuration with the answers of some releases: null for one that loads, `false` for one that loads
without some of the fields, else the message. Asked are those of ASKED and of the recorded ones that
`make oracle-kube-proxy` has built; the answers of the others stay. A new case is one without `answers`.
"""

from __future__ import annotations

import json
from pathlib import Path

from fuzz_kube_proxy import NEWEST, RELEASES, ask, program

RECORDED = Path(__file__).parents[1] / "proxy" / "configuration" / "recorded_verdicts.json"
ASKED = (*RELEASES[RELEASES.index(NEWEST) + 1 :], NEWEST, "1.33.13", "1.30.4", "1.25.16", "1.20.15")
"""The pre-releases, if any, the newest release, and some older ones."""


def main() -> None:
    cases = json.loads(RECORDED.read_text(encoding="utf-8"))
    for case in cases:
        known = case.get("answers", {})
        asked = {
            version: _answer(version, case["config"])
            for version in {**known, **dict.fromkeys(ASKED)}
            if program(version).exists()
        }
        case["answers"] = {
            version: {**known, **asked}[version] for version in sorted({**known, **asked}, key=_order, reverse=True)
        }
    RECORDED.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n", encoding="utf-8")


def _order(version: str) -> int:
    return int(version.split(".")[1])


def _answer(version: str, config: str) -> str | bool | None:
    said = ask(version, config)
    return said.error if said.error is not None else False if said.lenient else None


if __name__ == "__main__":
    main()
