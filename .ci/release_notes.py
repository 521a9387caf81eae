"""The notes of a release, cut from CHANGELOG.md: `release_notes.py v0.1.0`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notes(changelog: str, version: str) -> str:
    """The section of `version`; ValueError where there is none, nothing is in it, or it has no date."""
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        if re.split(r"[\s\]]", heading.lstrip("["))[0] != version:
            continue
        if not re.search(r" - \d{4}-\d{2}-\d{2}$", heading.strip()):
            raise ValueError(f"the section of {version} in CHANGELOG.md has no date")
        if not text.strip():
            raise ValueError(f"the section of {version} in CHANGELOG.md is empty")
        return text.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section of {version}")


def packaged_version(module: str) -> str:
    """The version that the text of ``kpl/__init__.py`` gives to the package."""
    found = re.search(r'^__version__ = "(.+)"$', module, re.MULTILINE)
    if found is None:
        raise ValueError("kpl/__init__.py has no __version__")
    return found[1]


def main(tag: str) -> int:
    """Print the notes of the release that `tag` names."""
    try:
        version = packaged_version((ROOT / "linter" / "kpl" / "__init__.py").read_text(encoding="utf-8"))
        if tag != f"v{version}":
            raise ValueError(f"the tag {tag} is not the version of the package, {version}")
        text = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    except ValueError as error:
        print(f"release_notes.py: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
