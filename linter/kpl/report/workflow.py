"""Text that GitHub's runner does not obey.

The runner reads every line that a step prints, on standard output and standard error: ``::command ...::`` at the start of
a line, behind any whitespace, is a command to it, and so is ``##[command]`` anywhere in a line
(https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs). Azure Pipelines and TeamCity read
``##vso[...]`` and ``##teamcity[...]`` in the same way. One character of each is written as an escape.
"""

from __future__ import annotations

import re

from kpl.text import late

ANYWHERE = late.pattern(r"#(?=#\w*\[)")
_LINE_START = late.pattern(r"^((?:[^\S\n]|\x1b\[[\d;]*m)*):(?=:)", re.MULTILINE)


def without_commands(text: str) -> str:
    """`text`, one or more whole lines, with the commands in it escaped."""
    if "::" in text:
        text = _LINE_START.sub(r"\1\\x3a", text)
    return ANYWHERE.sub(r"\\x23", text) if "##" in text else text


def starts_command(line: str) -> bool:
    """Whether the runner may take `line` for a command by its start."""
    return _LINE_START.match(line) is not None
