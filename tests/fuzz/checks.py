"""What must hold for any file: one function a command, which raises Violation where it does not."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from zlib import crc32

from lexer import words_of
from seeds import Seed

from kpl.cli.inspect import _inspections
from kpl.cluster import Cluster
from kpl.coredns.tokens import tokenize
from kpl.coredns.versions import OLDEST_SETUP
from kpl.errors import UsageError
from kpl.fix.fixer import fix_texts
from kpl.inputs.coverage import Coverage
from kpl.inputs.detect import COREFILE
from kpl.inputs.read import identify, read
from kpl.inputs.registry import is_dump
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from kpl.report import report
from kpl.report.inspections import record, text_lines
from kpl.report.verdicts import printed
from kpl.text.edit import apply_edits
from kpl.text.source import Source
from kpl.verify.configurations import contents
from kpl.verify.judged import Judged, judge

SECONDS = 4.0
"""CPU time of one command over a file of some kilobytes: what takes longer has no bound."""


class Violation(Exception):  # noqa: N818 - it is what the fuzzer looks for
    """What should hold does not: its kind, and what was seen."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class TooSlow(BaseException):
    """The CPU time is over; no Exception, so that nobody catches it on the way."""


@contextmanager
def _guarded(command: str) -> Iterator[None]:
    def over(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    except (Violation, UsageError):
        raise
    except TooSlow:
        raise Violation(f"{command}-slow", _place(sys.exc_info()[2])) from None
    except (Exception, RecursionError) as error:
        raise Violation(
            f"{command}-raises", f"{type(error).__name__}: {error} {_place(error.__traceback__)}"
        ) from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _place(trace: object) -> str:
    frames = [frame for frame in traceback.extract_tb(trace) if "/tests/fuzz/" not in frame.filename]  # type: ignore[arg-type]
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.name}" for frame in reversed(frames[-3:]))


def _printed(show: Callable[[], object]) -> bytes:
    """What `show` prints, as it would come out of a process."""
    screen, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO(), "utf-8", "strict", newline="\n")
    try:
        show()
        sys.stdout.flush()
        buffer = sys.stdout.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue()
    finally:
        sys.stdout = screen


def check_lint(seed: Seed, settings: Settings) -> None:
    """Every rule runs; places lie in the file; the reports can be printed; bytes survive reading."""
    source = Source.from_bytes(seed.name, seed.data)
    if source.encode(source.text) != seed.data:
        raise Violation("round-trip", f"{source.encoding} text does not give its bytes again")
    reading = read(seed.name, seed.data)
    if reading is None:
        return
    result = lint([reading], settings)
    size = len(reading.source.text)
    for finding in result.findings:
        for span in (finding.span, *(each.span for each in finding.related)):
            if not 0 <= span.start <= span.end <= size + 1:
                raise Violation("place", f"{finding.code} stands at {span} of {size}")
        if finding.fix is not None:
            text = reading.source.text
            fixed = reading.source.encode(apply_edits(text, finding.fix.edits))
            start, end = finding.fix.edits[0].start, finding.fix.edits[-1].end
            head, tail = (
                reading.source.encode(text[:start]),
                text[end:].encode(reading.source.encoding, "surrogateescape"),
            )
            if not fixed.startswith(head) or not fixed.endswith(tail):
                raise Violation("other-bytes", f"the fix of {finding.code} touches what lies outside of its edits")
    for format_ in ("text", "concise"):
        _printed(partial(report, result, Coverage(), format_))
    json.loads(_printed(lambda: report(result, Coverage(), "json")))


def check_fix(seed: Seed, settings: Settings) -> None:
    """What lint offers is made, and the second time there is nothing to do."""
    reading = read(seed.name, seed.data)
    if reading is None:
        return
    unsafe = crc32(seed.data) % 2 == 0
    outcome = fix_texts([reading], settings, unsafe)
    for finding, problem in outcome.bugs:
        raise Violation("fix-bug", f"{finding.code} {finding.name}: {problem}")
    text = outcome.texts.get(reading.source.path)
    if text is None:
        return
    again = read(seed.name, reading.source.encode(text))
    if again is None:
        raise Violation("fix-empties", "the fixed file holds nothing")
    if again.source.text != text:
        raise Violation("fix-round-trip", "the fixed text is read as another one")
    second = fix_texts([again], settings, unsafe)
    if second.texts:
        raise Violation("fix-twice", second.applied[0].code)


def check_verify(seed: Seed, settings: Settings) -> None:
    """CR LF gives the verdict that LF gives; lint says that a file is refused where verify does, and only there."""
    verdicts = _verdicts(seed, settings)
    for each in verdicts:
        printed(each, "text", False)
        json.loads(printed(each, "json", False).text)
    _check_line_ends(seed, settings, verdicts)
    _check_agreement(seed, settings, verdicts)


def _verdicts(seed: Seed, settings: Settings) -> list[Judged]:
    holds = contents(seed.name, identify(seed.name, seed.data), None)
    return list(judge([holds], Cluster(holds.documents, settings.facts), as_they_are=False))


def _check_line_ends(seed: Seed, settings: Settings, verdicts: list[Judged]) -> None:
    """A Corefile of the same words, as CoreDNS's own lexer finds them, has the same verdict."""
    reading = read(seed.name, seed.data)
    if reading is None or reading.kind != COREFILE or reading.source.encoding != "utf-8":
        return
    text = reading.source.text
    words = words_of(text)
    seen = [(token.text, token.line) for token in tokenize(text)]
    if seen != words:
        raise Violation("lexer", f"{seen} for {words}")
    told = _told(verdicts)
    for data in (seed.data.replace(b"\r", b""), seed.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
        if data != seed.data and words_of(Source.from_bytes(seed.name, data).text) == words:
            other = _told(_verdicts(Seed(seed.name, data), settings))
            if other != told:
                raise Violation("line-ends", f"{told}, with other line ends {other}")


def _told(verdicts: list[Judged]) -> list[tuple[object, ...]]:
    return [(each.verdict.answer, each.verdict.phase, each.verdict.message, each.verdict.needs) for each in verdicts]


_OTHERWISE = re.compile(r"Object 'Kind' is missing|File to import not found|Unknown directive|ProxyMode: Invalid value")
"""What lint tells in another way: a plugin that may be compiled in, a file that may be there, a mode that may be filled in."""


def _is_too_old(cluster: Cluster) -> bool:
    """Whether the CoreDNS in force is older than all that verify knows: lint then does not speak of the oldest of these."""
    return cluster.coredns_version < OLDEST_SETUP


def _check_agreement(seed: Seed, settings: Settings, verdicts: list[Judged]) -> None:
    reading = read(seed.name, seed.data)
    if reading is None or _is_too_old(Cluster(reading.documents, settings.facts)):
        return
    result = lint([reading], settings)
    said = {finding.code for finding in result.findings}
    refused = [each for each in verdicts if each.verdict.answer == "refuses"]
    if said & {"KPL010", "KPL012"} and not refused:
        raise Violation("lint-refuses-alone", f"{sorted(said)} {[each.verdict for each in verdicts]}")
    certain = [each for each in refused if not _OTHERWISE.search(each.verdict.message or "")]
    # what was removed from CoreDNS has a rule of its own
    if (
        certain
        and not result.silenced
        and not said & {"KPL001", "KPL003", "KPL010", "KPL011", "KPL012", "KPL204", "KPL302"}
    ):
        raise Violation("verify-refuses-alone", f"{certain[0].kind}: {certain[0].verdict.message} {sorted(said)}")


def check_inspect(seed: Seed, settings: Settings) -> None:
    """Every dump can be told of."""
    reading = read(seed.name, seed.data)
    for document in reading.documents if reading else ():
        if is_dump(document):
            for inspection in _inspections(document):
                json.dumps(record(seed.name, inspection))
                "\n".join(text_lines(seed.name, inspection)).encode()


COMMANDS = {"lint": check_lint, "fix": check_fix, "verify": check_verify, "inspect": check_inspect}


def check(command: str, seed: Seed, settings: Settings) -> None:
    """Run one command over one file. Raises Violation."""
    with _guarded(command):
        COMMANDS[command](seed, settings)
