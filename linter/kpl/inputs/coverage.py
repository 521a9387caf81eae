"""What a run did not check, and why: nothing passes by accident."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


class SkipReason(Enum):
    """Why a file, or a part of it, was not checked: the word that JSON has for it."""

    OTHER_NAME = "other-name"
    """Its name belongs to another program, or to nobody that kpl knows."""
    NOTHING = "nothing"
    """It was read, and holds nothing that kpl checks."""
    TEMPLATE = "template"
    IN_PART = "template-in-part"
    """A template in which only that was checked which is the same however it is rendered."""
    ENCRYPTED = "encrypted"
    BINARY = "binary"
    EXCLUDED = "excluded"
    LINK = "link"
    """A symbolic link that leads out of the tree."""
    NOT_A_FILE = "not-a-file"
    TOO_LARGE = "too-large"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    FAILED = "failed"
    """kpl itself failed on it, which is told as that."""

    @property
    def is_failure(self) -> bool:
        """Whether a file of kpl's could not be read, so that the run is incomplete whoever named it."""
        return self in (SkipReason.TOO_LARGE, SkipReason.DAMAGED, SkipReason.UNREADABLE)


class Skipped(NamedTuple):
    """A file that was not checked; `detail` completes the sentence "`path` was not checked: it ..."."""

    path: str
    reason: SkipReason
    detail: str
    line: int | None = None
    """Where the part of it starts that was not checked, if the rest was."""

    @property
    def sentence(self) -> str:
        """What became of it, and why."""
        checked = "checked in part" if self.reason is SkipReason.IN_PART else "not checked"
        return f"{checked}: it {self.detail}"


def failed(path: str) -> Skipped:
    """A file on which kpl itself failed."""
    return Skipped(path, SkipReason.FAILED, "could not be checked because of an internal error")


@dataclass(eq=False, repr=False)
class Coverage:
    """What became of the inputs of a run."""

    checked: Counter[str] = field(default_factory=Counter)
    """How many files were checked, by what they are: the words of their `FileKind`."""
    skipped: list[Skipped] = field(default_factory=list)
    """What was not checked: files, and parts of files that otherwise were."""
    empty: list[Skipped] = field(default_factory=list)
    """The inputs that the user named in which nothing was checked."""
    notes: list[str] = field(default_factory=list)
    """What the user is to know of how the files were found."""

    @property
    def sees_all(self) -> bool:
        """Whether no file was left out that may hold something for kpl; what the configuration excludes never counts."""
        nothing = (
            SkipReason.OTHER_NAME,
            SkipReason.NOTHING,
            SkipReason.EXCLUDED,
            SkipReason.BINARY,
            SkipReason.NOT_A_FILE,
        )
        return all(each.reason in nothing for each in self.skipped)

    @property
    def files(self) -> int:
        """How many files were checked."""
        return sum(self.checked.values())

    def failures(self, allow_empty: bool) -> list[Skipped]:
        """What makes the run incomplete: exit code 2."""
        failed = [each for each in self.skipped if each.reason.is_failure]
        if not allow_empty:
            told = (SkipReason.FAILED, *(reason for reason in SkipReason if reason.is_failure))
            failed += [each for each in self.empty if each.reason not in told]
        return failed

    def add_empty(self, argument: str, reasons: Iterable[Skipped]) -> None:
        """Remember that nothing was checked in `argument`; `reasons` tells why, if it is a file."""
        own = next((each for each in reasons if each.path == argument), None)
        self.empty.append(own or Skipped(argument, SkipReason.NOTHING, "contains no file that kpl checks"))

    def count(self) -> Sequence[tuple[SkipReason, int]]:
        """How many files and parts of files were not checked for each reason, in the order of `SkipReason`."""
        counts = Counter(each.reason for each in self.skipped)
        return [(reason, counts[reason]) for reason in SkipReason if counts[reason]]
