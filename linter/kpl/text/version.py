"""Release numbers."""

from __future__ import annotations

from functools import total_ordering

from kpl.text import late

_NUMBERS = late.pattern(
    r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-((?:alpha|beta|rc)\.[0-9]{1,3})(?![0-9A-Za-z.-]))?"
)
_MOST_DIGITS = 18
"""A release may be a date with a time."""


@total_ordering
class Version:
    """A release such as ``1.14.7`` or ``v1.37``; what is not given counts as 0, a suffix does not count.

    That of a pre-release, ``1.38.0-beta.0``, is shown all the same.
    """

    def __init__(self, text: str) -> None:
        """Raises ValueError when `text` does not start with a number, or with one that is too long."""
        found = _NUMBERS.match(text.strip())
        if found is None:
            raise ValueError(f"{text[:80]!r} is not a version")
        major, minor, patch, self.prerelease = found.groups(default="")
        if max(len(major), len(minor), len(patch)) > _MOST_DIGITS:
            raise ValueError(f"{text[:80]!r} is not a version")
        self.numbers = int(major), int(minor or 0), int(patch or 0)

    @property
    def minor(self) -> str:
        """Major and minor number: ``1.37``."""
        return f"{self.numbers[0]}.{self.numbers[1]}"

    @property
    def full(self) -> str:
        """All three numbers: ``1.7.0``."""
        return ".".join(map(str, self.numbers))

    def __str__(self) -> str:
        if self.prerelease:
            return f"{self.full}-{self.prerelease}"
        major, minor, patch = self.numbers
        return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"

    def __repr__(self) -> str:
        return f"Version({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.numbers == other.numbers

    def __lt__(self, other: Version) -> bool:
        return self.numbers < other.numbers

    def __hash__(self) -> int:
        return hash(self.numbers)
