"""A place in the text of a YAML file, and what the scanner of go-yaml v2 knows there.

Source: go.yaml.in/yaml/v2 v2.4.4, scannerc.go; the same in every release since gopkg.in/yaml.v2 v2.2.8.
"""

from __future__ import annotations

from typing import NoReturn

from kpl.golang.goyaml.characters import Characters, GoYamlError


class Cursor:
    """What functions that scan a part of the text share: where they are, how deep, and how they fail."""

    def __init__(self, text: str) -> None:
        self._characters = Characters(text)
        self.text = self._characters.text
        self.pos = 0
        self.line = 0
        self.line_start = 0
        self.indent = -1
        self.flow_level = 0
        self.simple_key_allowed = True
        if text.startswith("\ufeff"):
            self.pos = self.line_start = 1

    @property
    def column(self) -> int:
        """How many characters stand in front of the current one in its line."""
        return self.pos - self.line_start

    def fail(self, problem: str) -> NoReturn:
        """Raise the scanner's error at the current place."""
        where = f"line {self.line + 1}: " if self.line else ""
        raise GoYamlError(where + problem, min(self.pos, len(self.text) - 16))

    def need(self, count: int) -> None:
        """Raise the reader's error when `count` characters from here are not to be had without a refused one."""
        if self.pos + count > self._characters.readable:
            assert self._characters.error is not None
            raise self._characters.error

    def next_line(self) -> None:
        """Go past the line break at the current place."""
        self.pos += 2 if self.text.startswith("\r\n", self.pos) else 1
        self.line += 1
        self.line_start = self.pos
