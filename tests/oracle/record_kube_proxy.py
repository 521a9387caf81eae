"""Asks kube-proxy the cases of tests/proxy/recorded_verdicts.json again and writes its answers into the file.

Each case is a configuration with the answers of some releases: null for one that loads, `false` for one that loads
without some of the fields, else the message. A case without answers is asked of RELEASES. Needs what
`make oracle-kube-proxy` builds.
"""

from __future__ import annotations

import json
from pathlib import Path

from fuzz_kube_proxy import ask

RECORDED = Path(__file__).parents[1] / "proxy" / "recorded_verdicts.json"
RELEASES = ("1.37.2", "1.33.13", "1.30.4", "1.25.16", "1.20.15")


def main() -> None:
    cases = json.loads(RECORDED.read_text(encoding="utf-8"))
    for case in cases:
        case["answers"] = {version: _answer(version, case["config"]) for version in case.get("answers") or RELEASES}
    RECORDED.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n", encoding="utf-8")


def _answer(version: str, config: str) -> str | bool | None:
    said = ask(version, config)
    return said.error if said.error is not None else False if said.lenient else None


if __name__ == "__main__":
    main()
