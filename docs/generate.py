"""Writes what is generated in the documentation: docs/rules.md, docs/plugins.md and the transcript in README.md.

``python docs/generate.py`` writes; a test compares.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import faces

ROOT = Path(__file__).parents[1]
FENCED_OR_HEADING = re.compile(r"^(?P<fence>`{3,}).*\n(?:.*\n)*?(?P=fence)$|^#+ ", re.MULTILINE)
TRANSCRIPT = re.compile(r"(<!-- transcript: (.+?) -->\n```console\n)(.*?)(```\n<!-- end -->)", re.DOTALL)


def rules_page() -> str:
    """docs/rules.md: all rules, each as ``kpl explain`` shows it."""
    from kpl.lint.explain import page
    from kpl.lint.registry import entries

    table = ["| code | name | severity | on | what it finds |", "|---|---|---|---|---|"]
    pages = []
    for entry in entries():
        anchor = f"{entry.code.lower()}-{entry.name}"
        on = "yes" if entry.default else "no"
        table.append(f"| [{entry.code}](#{anchor}) | {entry.name} | {entry.severity} | {on} | {entry.summary} |")
        pages.append(lowered(page(entry.load())))
    head = "# Rules\n\nWritten by docs/generate.py from the rules themselves; `kpl explain RULE` shows the same.\n\n"
    return head + "\n".join(table) + "\n\n" + "\n\n".join(pages) + "\n"


def lowered(page: str) -> str:
    """`page` with each heading one level lower; within a code fence ``#`` starts a comment."""
    return FENCED_OR_HEADING.sub(lambda found: found[0] if found["fence"] else f"#{found[0]}", page)


def transcript(command: str) -> str:
    """What `command` prints in the root of the project, behind a prompt."""
    words = command.split()
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **_path()},
    )
    return f"$ {command}\n{done.stdout}"


def _path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(each for each in sys.path if each)}


def readme(text: str) -> str:
    """README.md with its transcripts made anew."""
    return TRANSCRIPT.sub(lambda found: found[1] + transcript(found[2]) + found[4], text)


def main() -> None:
    """Write the files."""
    (ROOT / "docs" / "rules.md").write_text(rules_page(), encoding="utf-8")
    faces.write()
    path = ROOT / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
