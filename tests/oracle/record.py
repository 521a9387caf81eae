"""Records what CoreDNS says of generated Corefiles, so that `make test` needs no Go; --check asks again and compares.

    python tests/oracle/record.py            # writes tests/coredns/recorded.jsonl, and boundaries.jsonl again
    python tests/oracle/record.py --check

Each row is a Corefile with the newest release's answer, and those of older releases where they differ; None is: it loads.
Needs all the binaries of `make oracle`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from coredns_oracle import NOT_IN_THE_ORACLE, OF_THE_MACHINE, RELEASES, ask

from fuzz import Generator
from kpl.coredns.versions import setup_order
from kpl.text.version import Version

OF_THE_RUN = re.compile(
    f"{OF_THE_MACHINE.pattern}|^timeout$|etcd-endpoints://0x|failed to parse file|MaxMind|no SOA record"
)
"""Answers that are others on another machine or in another run: a piece of memory's address, say."""
RECORDED = Path(__file__).parents[1] / "coredns" / "recorded.jsonl"
WRITTEN = RECORDED.with_name("boundaries.jsonl")
"""Corefiles at the boundaries of what a plugin takes, which a person wrote."""
TRIED = 400
KEPT = 14


def corefiles() -> list[str]:
    """For each plugin of each release, Corefiles whose answers are all of different kinds, the shortest of each kind."""
    chosen: dict[str, None] = {}
    for version in RELEASES:
        for plugin in sorted(set(setup_order(Version(version))) - NOT_IN_THE_ORACLE):
            generator = Generator(version, 7, plugin)
            texts = sorted({generator.corefile() for _ in range(TRIED)}, key=len)
            kinds: dict[str, str] = {}
            for text, answer in zip(texts, ask(version, texts), strict=True):
                if answer.error is None or (
                    f"plugin/{plugin}:" in answer.error and not OF_THE_MACHINE.search(answer.error)
                ):
                    kind = re.sub(
                        r"\d+|'[^']*'|\"[^\"]*\"|`[^`]*`", "_", answer.error or f"loads {text.count(chr(10))}"
                    )
                    kinds.setdefault(kind, text)
            kept = list(kinds.values())
            chosen.update(dict.fromkeys(kept[:KEPT] if version == RELEASES[0] else kept[:4]))
    return list(chosen)


def rows(texts: list[str]) -> list[dict[str, object]]:
    """The answers of all releases to `texts`."""
    answers = {version: [answer.error for answer in ask(version, texts)] for version in RELEASES}
    made: list[dict[str, object]] = []
    for number, text in enumerate(texts):
        errors = {version: answers[version][number] for version in RELEASES}
        if any(error is not None and OF_THE_RUN.search(error) for error in errors.values()):
            continue
        newest = errors.pop(RELEASES[0])
        older = {version: error for version, error in errors.items() if error != newest}
        made.append({"corefile": text, "error": newest, "older": older})
    return made


def known_rows(path: Path) -> list[dict[str, Any]]:
    """What is recorded."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Write the record, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if not options.check:
        for path, texts in ((RECORDED, corefiles()), (WRITTEN, [row["corefile"] for row in known_rows(WRITTEN)])):
            lines = [json.dumps(row) + "\n" for row in rows(texts)]
            path.write_text("".join(lines), encoding="utf-8")
            print(f"{len(lines)} Corefiles recorded")
        return 0
    known = [*known_rows(RECORDED), *known_rows(WRITTEN)]
    fresh = rows([row["corefile"] for row in known])
    wrong = [row["corefile"] for row in known if row not in fresh]
    print(f"{len(known)} recorded answers asked again, {len(wrong)} have changed")
    for text in wrong[:10]:
        print(repr(text))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
