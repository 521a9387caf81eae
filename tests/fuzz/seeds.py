"""What mutations start from: the examples of the repository, those of the rules, and folders that the caller names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kpl.lint.registry import entries

ROOT = Path(__file__).parents[2]


class Seed(NamedTuple):
    """A file: its name, which is part of what kpl makes of it, and its bytes."""

    name: str
    data: bytes


def collect(folders: list[Path], largest: int) -> list[Seed]:
    """All seeds of at most `largest` bytes, each text once, in an order that only depends on them."""
    found = {seed.data: seed for seed in _all(folders) if 0 < len(seed.data) <= largest}
    return sorted(found.values())


def _all(folders: list[Path]) -> Iterator[Seed]:
    for entry in entries():
        for example in entry.load().examples:
            for name, text in example.files.items():
                yield Seed(
                    Path(name).name, text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
                )
    for folder in [ROOT / "examples", *folders]:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield from _file(path)


def _file(path: Path) -> Iterator[Seed]:
    if path.suffix != ".jsonl":
        yield Seed(path.name, path.read_bytes())
        return
    for line in path.read_text(encoding="utf-8").splitlines():  # Corefiles that were collected, one a line
        text = json.loads(line).get("text")
        if isinstance(text, str):
            yield Seed("Corefile", text.encode())
